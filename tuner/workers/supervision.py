"""Hands a prepared search to a team."""

from mer_zoo.tracking import machine
from tuner.preparation import Prepared
from tuner.progress import Lines
from tuner.project import Project
from tuner.records import SearchRecord
from tuner.workers.chief import Service
from tuner.workers.handover import handed_over
from tuner.workers.served import DIED
from tuner.workers.standing import Standing
from tuner.workers.supervisor import Supervisor, Team


def supervise(
    team: Team,
    project: Project,
    prepared: Prepared,
    record: SearchRecord,
    lines: Lines,
    trials: int,
) -> None:
    """Lets the team run all trials of a search; afterwards the oracle's file holds them.

    Raises:
        WorkersLostError: a process cannot be kept alive, or ended with an error of its user.
    """
    settings = prepared.settings
    service = Service(
        space=prepared.space.hyperparameters().get_config(),
        algorithm=settings.algorithm,
        seed=settings.seed,
        trials=trials,
        note={
            "search": record.name,
            "settings": settings.to_dict(),
            "digest": prepared.digest,
            "store": handed_over(prepared.store, record.run.id),
        },
    )
    buried: set[int] = set()

    def ended(standing: Standing) -> None:
        best = standing.best
        lines.trials(len(standing.ended), trials, None if best is None else best[1])
        if best is not None:
            record.note_best(*best)
        for number, message in standing.messages:
            # Nobody is left who could say it in the tracking store.
            if message.endswith(DIED) and number not in buried:
                buried.add(number)
                record.trial(number, prepared.examples.class_names).fail(message)

    store = prepared.store.uri
    supervisor = Supervisor(team, project, service, machine.backend(), store, ended, lines)
    lines.trials(len(supervisor.standing.ended), trials, None)
    supervisor.run()
