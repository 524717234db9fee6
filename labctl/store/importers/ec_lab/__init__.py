"""Files of EC-Lab and BT-Lab (BioLogic): text (``.mpt``) and binary (``.mpr``)."""
