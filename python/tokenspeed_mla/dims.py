# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""The widths, in elements, of the attention that DeepSeek and Kimi are built of."""

KV_LORA_RANK = 512  # of the latent that a cached row begins with, and of decode's output
ROPE_DIM = 64  # of the rotary part, which all heads share
NOPE_DIM = 128  # of a head's key without the rotary part
D_V = 128
D_CACHE = KV_LORA_RANK + ROPE_DIM  # of a cached row, and of decode's query
D_QK = NOPE_DIM + ROPE_DIM
