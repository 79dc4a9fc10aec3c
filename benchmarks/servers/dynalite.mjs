import dynalite from "dynalite";

/** DynamoDB's protocol over an in-memory LevelDB, in a process of its own. */
const server = dynalite({ createTableMs: 0, deleteTableMs: 0 });
server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
