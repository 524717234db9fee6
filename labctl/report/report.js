"use strict";
// Three comforts: read a value under the pointer, hide a curve, take the numbers away.
document.querySelectorAll("figure").forEach((box) => {
  const numbers = JSON.parse(box.querySelector("script").textContent);
  const hidden = new Set();
  const tip = Object.assign(document.createElement("div"), { className: "tip", hidden: true });
  box.append(tip);
  const label = (series) => (series.right ? numbers.right_label : numbers.y_label);
  const scale = (text) => {
    const [low, high, start, end, log] = text.split(" ").map(Number);
    const bend = log ? Math.log10 : (value) => value;
    return (value) => start + ((bend(value) - bend(low)) / (bend(high) - bend(low))) * (end - start);
  };

  box.querySelectorAll("svg.figure").forEach((svg) => {
    const title = svg.querySelector("title"); // the browser's own tooltip would cover ours
    svg.setAttribute("aria-label", title.textContent);
    svg.removeAttribute("aria-labelledby");
    svg.setAttribute("aria-describedby", svg.querySelector("desc").id);
    title.remove();
    const x = scale(svg.dataset.x);
    const places = numbers.series.map((series) => {
      const y = scale(series.right && svg.dataset.right ? svg.dataset.right : svg.dataset.left);
      return series.x.map((value, i) => [x(value), y(series.y[i])]);
    });
    const cursor = document.createElementNS(svg.namespaceURI, "circle");
    cursor.setAttribute("class", "cursor");
    svg.append(cursor);
    const leave = () => { tip.hidden = true; cursor.setAttribute("r", 0); };
    svg.addEventListener("pointerleave", leave);
    svg.addEventListener("pointermove", (event) => {
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
      let best = null, least = 40 ** 2;
      places.forEach((points, s) => hidden.has(s) || points.forEach(([px, py], i) => {
        const distance = (px - at.x) ** 2 + (py - at.y) ** 2;
        if (distance < least) { least = distance; best = [s, i, px, py]; }
      }));
      if (!best) return leave();
      const [s, i, px, py] = best, series = numbers.series[s];
      const short = (value) => Number(value.toPrecision(6));
      const spread = series.error && series.error[i] !== null ? ` ± ${short(series.error[i])}` : "";
      tip.textContent = `${series.name}\n${numbers.x_label}: ${short(series.x[i])}\n${label(series)}: ${short(series.y[i])}${spread}`;
      tip.hidden = false;
      cursor.setAttribute("cx", px); cursor.setAttribute("cy", py); cursor.setAttribute("r", 6);
      const frame = box.getBoundingClientRect();
      const left = event.clientX - frame.left, room = frame.width - tip.offsetWidth - 8;
      tip.style.left = `${Math.max(8, Math.min(left + 16, room))}px`;
      tip.style.top = `${event.clientY - frame.top - tip.offsetHeight - 14}px`;
    });
    svg.querySelectorAll(".key").forEach((key) => {
      const members = key.dataset.members.split(" ").map(Number);
      const toggle = () => {
        const hide = !hidden.has(members[0]);
        members.forEach((s) => (hide ? hidden.add(s) : hidden.delete(s)));
        box.querySelectorAll("[data-series]").forEach((g) => g.classList.toggle("off", hidden.has(+g.dataset.series)));
        box.querySelectorAll(".key").forEach((k) => {
          const off = hidden.has(+k.dataset.members.split(" ")[0]);
          k.classList.toggle("off", off); k.setAttribute("aria-pressed", !off);
        });
      };
      for (const [name, value] of [["role", "button"], ["tabindex", 0], ["aria-pressed", true]]) key.setAttribute(name, value);
      key.addEventListener("click", toggle);
      key.addEventListener("keydown", (e) => { if (e.key === "Enter" || e.key === " ") { e.preventDefault(); toggle(); } });
    });
  });

  box.querySelector("button").addEventListener("click", () => {
    const cell = (text) => `"${(/^[=+\-@\t\r]/.test(text) ? "'" + text : text).replaceAll('"', '""')}"`;
    const shown = numbers.series.filter((_, s) => !hidden.has(s));
    const columns = shown.flatMap((s) => [[numbers.x_label, s.x], [label(s), s.y], ...(s.error ? [[`u(${label(s)})`, s.error]] : [])]
      .map(([head, values]) => [cell(`${head} (${s.name})`), ...values]));
    const rows = Math.max(0, ...columns.map((c) => c.length));
    const lines = Array.from({ length: rows }, (_, i) => columns.map((c) => c[i] ?? "").join(","));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([lines.join("\r\n") + "\r\n"], { type: "text/csv" }));
    link.download = `${numbers.file}.csv`; link.click();
  });
});
