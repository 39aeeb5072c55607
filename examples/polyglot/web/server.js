// The page: every GET / is a visit, counted by the API.
const http = require("node:http");

const { PORT, API_URL } = process.env;
const cyan = (s) => (process.stdout.isTTY ? `\x1b[36m${s}\x1b[0m` : s);

const server = http.createServer(async (req, res) => {
  if (req.url !== "/") {
    res.writeHead(404).end("not found\n");
    return;
  }
  try {
    const reply = await fetch(`${API_URL}/visits`, { method: "POST" });
    if (!reply.ok) throw new Error(reply.statusText);
    const { visits, words } = await reply.json();
    console.log(`${cyan("GET /")} visit ${visits}`);
    res.writeHead(200, { "content-type": "text/html" });
    res.end(`<h1>polyglot</h1><p>You are visitor ${visits}, the ${words}.</p>\n`);
  } catch (err) {
    console.error(`the API does not answer: ${err.message}`);
    res.writeHead(502).end("the API does not answer\n");
  }
});

server.listen(Number(PORT), "127.0.0.1", () => console.log(`web on http://127.0.0.1:${PORT}`));

process.on("SIGTERM", () => {
  console.log("bye from Node");
  server.close(() => process.exit(0));
  server.closeAllConnections();
});
