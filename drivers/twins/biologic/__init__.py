"""The twin of BioLogic's library and of the channels behind it."""
