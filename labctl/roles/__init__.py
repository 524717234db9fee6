"""What an instrument can be for a protocol: small typing.Protocols."""
