from collections import Counter
from hypothesis import settings, HealthCheck, Phase
from hypothesis.stateful import run_state_machine_as_test
from tests.engine import model_machine as mm
from tests.engine.model_waiting import sloppy_ends
from provisor.applications.models import Link

C = Counter()
def test_it(dsn, monkeypatch):
    monkeypatch.setenv("PROVISOR_ALLOW_TARGETS", "127.0.0.1")
    monkeypatch.setattr(mm.DirectoryMachine, "dsn", dsn)
    old = mm.DirectoryMachine._assert_no_edit_was_lost
    def spy(self):
        C["settles"] += 1
        C["users"] += len(self.known)
        C["untouched"] += len(self.known) - len({self.owners[i] for i in self.touched})
        C["held"] += Link.objects.filter(status="held").count()
        for r in self.sp.requests:
            C[(r.method, r.fault, r.status)] += 1
        old(self)
    monkeypatch.setattr(mm.DirectoryMachine, "_assert_no_edit_was_lost", spy)
    with sloppy_ends():
        run_state_machine_as_test(mm.DirectoryMachine, settings=settings(max_examples=30, stateful_step_count=20, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)))
    for k, v in sorted(C.items(), key=str): print(k, v)
