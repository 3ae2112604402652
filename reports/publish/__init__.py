"""Publications: decision pack, public version, PDF."""
