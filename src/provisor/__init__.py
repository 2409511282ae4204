"""Provisor: a directory that keeps people's accounts right in every application they use, over SCIM."""

__version__ = "0.1.0"
