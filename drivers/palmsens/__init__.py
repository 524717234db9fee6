"""PalmSens instruments that run MethodSCRIPT: EmStat Pico, EmStat4, Nexus."""
