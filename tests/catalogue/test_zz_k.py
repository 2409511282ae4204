from .test_life import *
from .test_life import _arrives, _changes, _is_suspended, _comes_back, _loses_access


def test_k(wearing):
    import os

    life = Life(wearing(os.environ["K"]))
    world = life.world
    try:
        with world.worker():
            for step in (_arrives, _changes, _is_suspended, _comes_back, _loses_access):
                import time

                t0 = time.monotonic()
                n = len(world.sp.requests)
                try:
                    step(life, world.settle)
                finally:
                    print(step.__name__, time.monotonic() - t0)
                    for r in world.sp.requests[n:]:
                        print("   ", r.method, r.path, r.status, [f.message for f in r.findings], r.body, dict(r.query))
    finally:
        print(world.learned(), world.sp.profile)
