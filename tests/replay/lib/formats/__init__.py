# SPDX-License-Identifier: MIT
"""Readers of the formats that calls are written in, made from the formats' own descriptions."""
