// A gateway of short messages on a free loopback port, which puts the codes into a mailbox under the number.
import http from "node:http";

/** Gives `{settings, close}`; the settings make Portico use it. */
export async function startGateway(mail) {
  const server = http.createServer((request, response) => {
    let text = "";
    request.on("data", (part) => (text += part));
    request.on("end", () => {
      const { to, code } = JSON.parse(text);
      mail.keep([to], code);
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
