import net from 'node:net'

export interface Splitter {
  readonly address: string
  /** From now on passes nothing on and closes nothing, as a frozen process or a cut cable would. */
  freeze(): void
  close(): void
}

/** A TCP proxy on loopback that passes everything on in pieces of `size` bytes, each its own write. */
export async function createSplitter(target: string, size: number): Promise<Splitter> {
  const port = Number(/tcp\/(\d+)/.exec(target)?.[1])
  const sockets = new Set<net.Socket>()
  const server = net.createServer((near) => {
    const far = net.connect({ port, host: '127.0.0.1', noDelay: true })
    near.setNoDelay(true)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.on('data', (data) => {
        for (let at = 0; at < data.length; at += size) to.write(data.subarray(at, at + size))
      })
      from.on('close', () => {
        to.end()
      })
      from.on('error', () => to.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `/ip4/127.0.0.1/tcp/${(server.address() as net.AddressInfo).port}`,
    freeze() {
      for (const socket of sockets) socket.pause()
    },
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
