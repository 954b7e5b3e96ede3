// A gateway of short messages on a free loopback port, which puts the codes into a mailbox under the number.
import http from "node:http";

/** Gives `{settings, close}`; the settings make Portico use it. */
export async function startGateway(mail) {
  const server = http.createServer((request, response) => {
    let text = "";
    request.on("data", (part) => (text += part));
    request.on("end", () => {
      let message;
      try {
        message = JSON.parse(text);
      } catch {
        // Whoever comes by a port that was somebody else's does not end the run.
        response.writeHead(400).end();
        return;
      }
      mail.keep([message.to], message.code);
      response.writeHead(204).end();
    });
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  const settings = {
    PORTICO__SMS__TRANSPORT: "http",
    PORTICO__SMS__URL: `http://127.0.0.1:${server.address().port}/messages`,
    PORTICO__SMS__BODY: '{"to":"{phone_number}","code":"{code}"}',
  };
  return { settings, close };
}
