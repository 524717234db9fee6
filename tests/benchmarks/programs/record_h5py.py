"""The same rows in HDF5, SWMR: ``record_h5py.py SIZE POINTS``; a flush is not durable.

A dataset a column, a chunk of 1024 rows, flushed after each batch.
"""

import h5py
from rows_to_record import NAMES, WHOLE, asked, batches
from spent import spent, tell


def main() -> None:
    """Record and tell."""
    size, points = asked()
    data = list(batches(size, points))
    with h5py.File("rows.h5", "w", libver=("v110", "v110")) as file:
        datasets = [
            file.create_dataset(
                name,
                (0,),
                "i8" if name in WHOLE else "f8",
                maxshape=(None,),
                chunks=(1024,),
            )
            for name in NAMES
        ]
        file.swmr_mode = True
        with spent() as of:
            for columns in data:
                for dataset, values in zip(datasets, columns.values(), strict=True):
                    end = len(dataset)
                    dataset.resize((end + size,))
                    dataset[end:] = values
                file.flush()
    tell(us=1e6 * of.wall / points, cpu_us=1e6 * of.cpu / points)


if __name__ == "__main__":
    main()
