from tests.system.test_openapi_fuzz import *
from tests.system.test_openapi_fuzz import api, sent, BY_MAIL
from schemathesis import GenerationMode
def mine(api):
    return [f.ok() for f in api.schema.get_all_operations() if f.ok().label in BY_MAIL | {"GET /admin/mail-suppressions"}]
def test_mine(api):
    assert len(mine(api)) == len(BY_MAIL) + 1
    bad = []
    for op in mine(api):
        for mode in GenerationMode:
            bad += sent(api, op, mode)[0]
        f, st = sent(api, op, GenerationMode.POSITIVE, lucky=True)
        bad += f
        if min(st) >= 400: bad.append((op.label, st))
    assert bad == []
del test_whatever_is_sent_is_answered_as_the_document_says, test_so_is_what_gets_past_the_front_door_and_every_operation_lets_something_through
