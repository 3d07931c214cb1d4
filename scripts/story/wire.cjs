'use strict'
/**
 * A wire to a node: a TCP port that leads to the node's own. A node that announces its wire is reached through it alone,
 * so cutting the wire is what pulling the cable is.
 */
const net = require('node:net')

/** @returns {Promise<{ port: number, cut(): void, mend(): void, close(): Promise<void> }>} */
async function createWire(targetPort) {
  const sockets = new Set()
  let whole = true
  const server = net.createServer((near) => {
    if (!whole) return near.destroy()
    const far = net.connect(targetPort, '127.0.0.1')
    for (const [a, b] of [
      [near, far],
      [far, near],
    ]) {
      sockets.add(a)
      a.on('error', () => {}).on('close', () => {
        sockets.delete(a)
        b.destroy()
      })
      a.pipe(b)
    }
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = () => {
    whole = false
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: server.address().port,
    cut,
    mend: () => (whole = true),
    close: () => {
      cut()
      return new Promise((resolve) => server.close(resolve))
    },
  }
}

module.exports = { createWire }
