"""What threads share: caches that hold less than is asked of them, and one quota a host."""

import collections
import random
import sys
import threading

from cachetools import LRUCache

from ocreg import Client, Registry
from ocreg.account.tokens import Grant, MemoryStore

REGISTRY = Registry()
READ = {"orderNumberList": [{"orderNumber": "OCO2000023303105GB"}]}


def test_threads_share_all_caches(tmp_path) -> None:
    """More operations, hosts and accounts than the caches hold, for a bounded number of rounds."""
    (tmp_path / "mine").mkdir()
    for number in range(64):
        (tmp_path / "mine" / f"op{number}.yaml").write_text("summary: s\neffect: read\nevidence: {}\n")
    registry, store = Registry([tmp_path]), MemoryStore(16)
    registry._kept = LRUCache(16)
    failed, start, inside = [], threading.Barrier(16), collections.Counter()
    ids = [f"mine.op{number}" for number in range(64)]

    def work(seed):
        chance = random.Random(seed)
        start.wait()
        try:
            for _ in range(200):
                account = str(chance.randrange(64))
                with store.exclusive(account, wait=True) as slot:
                    inside[account] += 1
                    slot.save(Grant(obtained_at=1.0))
                    slot.load()
                    assert inside[account] == 1, "two threads have the same slot"
                    inside[account] -= 1
                store.load(str(chance.randrange(64)))
                store.delete(str(chance.randrange(64)))
                for id in chance.choices(ids, k=5):
                    assert registry[id].id == id
        except Exception as error:  # whatever it is, it is shown
            failed.append(repr(error))

    switch = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(switch)
    assert failed == []


def test_threads_share_one_quota_a_host() -> None:
    switch, found = sys.getswitchinterval(), []
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(200):
            caller, start = Client(client_key="K", secret_key="S", access_token="T").caller, threading.Barrier(4)
            endpoint, quotas = REGISTRY["outbound.query"], set()

            def work(caller=caller, start=start, endpoint=endpoint, quotas=quotas):
                start.wait()
                quotas.add(caller.prepare(endpoint, (READ, None, None)).patience.quota)

            threads = [threading.Thread(target=work) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            found.append(len(quotas))
    finally:
        sys.setswitchinterval(switch)
    assert set(found) == {1}
