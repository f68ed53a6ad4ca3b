"""How a build reaches its host: one small interface, and SSH behind it."""
