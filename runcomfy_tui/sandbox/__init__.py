"""A stand-in RunComfy server that speaks the wire over real HTTP on loopback."""
