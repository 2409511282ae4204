"""How an application signs in to its service provider: what is kept of it, how it is renewed, when it ends."""
