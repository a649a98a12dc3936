"""The shared kernel: money, time, tenant, permission and refusal, and the way pages speak of them.

It owns no table. A thing enters when two apps need it and it speaks only of those five; everything else
belongs to the app that knows it. Nothing here imports an app, so every app may import from here.
"""
