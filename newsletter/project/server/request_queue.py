"""Which request is answered next, so that one client's many requests keep nobody else waiting."""

from collections import Counter, OrderedDict, deque
from typing import Any, Protocol

from newsletter.project.server.request import session_of

MOST_PER_CLIENT = 4
"""Requests of one client that are answered at once, of each class of requests.

Threads that want the same interpreter slow each other: with twice as many, the slowest answer in a flood of one page
took 380 ms instead of 190.
"""
RESERVED = 2
"""Threads that are kept for each class whatever the others ask for, and in each class for other clients."""
THREADS = MOST_PER_CLIENT + 3 * RESERVED
MOST_KNOWN = 1_000
"""Sessions by which somebody is signed in, that are told from others."""
WAYS_OUT = ("/u/", "/leave/")
"""Starts of the paths by which readers leave a list."""

Client = tuple[str, str]
"""A network, and what somebody there is signed in with."""


class Task(Protocol):
    """What waits for a thread: a connection with a request, or the question who sends a long body."""

    requests: list[Any]

    def client(self, request: Any) -> str:
        """The network that the request comes from."""
        ...

    def service(self) -> None:
        """Answer the first request, in a thread."""
        ...

    def cancel(self) -> None:
        """Give up: no thread will come."""
        ...


class RoundRobin:
    """Tasks of one class that wait: each network's in their turn, and of those each session's."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, OrderedDict[Client, deque[Task]]] = OrderedDict()
        self.busy: Counter[Client] = Counter()
        """How many requests of each client are answered now."""

    def append(self, client: Client, task: Task) -> None:
        self._waiting.setdefault(client[0], OrderedDict()).setdefault(client, deque()).append(task)

    def next_client(self) -> Client | None:
        """The client whose turn it is; clients with `MOST_PER_CLIENT` requests in work are passed over."""
        everybody = (client for clients in self._waiting.values() for client in clients)
        return next((client for client in everybody if self.busy[client] < MOST_PER_CLIENT), None)

    def popleft(self, client: Client) -> Task:
        clients = self._waiting.pop(client[0])
        waiting = clients.pop(client)
        task = waiting.popleft()
        if waiting:
            clients[client] = waiting
        if clients:
            self._waiting[client[0]] = clients
        self.busy[client] += 1
        return task

    def answered(self, client: Client) -> None:
        """A request of the client is answered, and its thread free."""
        self.busy[client] -= 1
        if self.busy[client] <= 0:
            del self.busy[client]

    def clear(self) -> list[Task]:
        """Every task that waited; none waits any longer."""
        everybody = [task for clients in self._waiting.values() for waiting in clients.values() for task in waiting]
        self._waiting.clear()
        return everybody


class RequestQueue:
    """Fair queue of three classes: requests of ways out, of who is signed in, and all other requests.

    Each class has its turn, and some threads that the others never take: pages that are slow, or a thousand, keep
    nobody from leaving, wherever they come from. A thread that is idle otherwise serves any class. Who is signed in is
    known from pages that were answered before: a cookie is easily made up.
    """

    def __init__(self) -> None:
        self._classes = deque([RoundRobin(), RoundRobin(), RoundRobin()])
        self._ways_out, self._signed_in, self._others = self._classes
        self._taken: dict[Any, tuple[RoundRobin, Client]] = {}
        """Requests that are answered now."""
        self._known: dict[str, None] = {}
        """Sessions by which somebody is signed in, the latest at the end."""

    def __len__(self) -> int:
        """How many tasks a thread may take now: of each class the first."""
        return sum(self._may_take(waiting) and waiting.next_client() is not None for waiting in self._classes)

    def append(self, task: Task) -> None:
        waiting, client = self._place(task)
        waiting.append(client, task)

    def _place(self, task: Task) -> tuple[RoundRobin, Client]:
        request = task.requests[0]
        network = task.client(request)
        if getattr(request, "path", "").startswith(WAYS_OUT):
            return self._ways_out, (network, "")
        session = session_of(request)
        return (self._signed_in, (network, session)) if session in self._known else (self._others, (network, ""))

    def learn(self, session: str, *, is_signed_in: bool) -> None:
        """Remember what a page has found out about a session."""
        self._known.pop(session, None)
        if is_signed_in:
            self._known[session] = None
        if len(self._known) > MOST_KNOWN:
            del self._known[next(iter(self._known))]

    def _may_take(self, waiting: RoundRobin) -> bool:
        """Whether the class leaves the others the threads that are reserved for them."""
        owed = sum(max(0, RESERVED - other.busy.total()) for other in self._classes if other is not waiting)
        return len(self._taken) + owed < THREADS

    def popleft(self) -> Task:
        self._classes.rotate()
        waiting, client = next(
            (waiting, found)
            for waiting in self._classes
            if self._may_take(waiting) and (found := waiting.next_client())
        )
        task = waiting.popleft(client)
        self._taken[task.requests[0]] = waiting, client
        return task

    def answered(self, request: Any) -> None:
        """The request is answered, and its thread free."""
        waiting, client = self._taken.pop(request)
        waiting.answered(client)

    def clear(self) -> list[Task]:
        """Every task that waited; none waits any longer."""
        return [task for waiting in self._classes for task in waiting.clear()]
