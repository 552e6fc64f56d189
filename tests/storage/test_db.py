async def test_a(db):
    assert await db.write(lambda tx: tx.value("SELECT 1")) == 1
    assert await db.read(lambda tx: tx.value("SELECT count(*) AS n FROM event")) == 0
