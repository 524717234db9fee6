"""What bytes of makers' files mean: codecs without any file."""
