import net from 'node:net'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { codeOf, createSwarmCast, eventually, isFull, welcomedPeers, type SwarmCast } from '../helpers/swarm-nodes.ts'

let cast: SwarmCast
const closers: (() => void)[] = []
beforeAll(async () => {
  cast = await createSwarmCast()
})
afterEach(async () => {
  for (const close of closers.splice(0)) close()
  await cast.stopAll()
})

interface Tapper {
  readonly address: string
  /** Everything that the dialling side sent. */
  readonly sent: Buffer[]
  isFlipped(): boolean
}

/** A TCP proxy that flips one bit of byte `at` in one direction, and records. */
async function tap(target: string, flip?: { at: number; direction: 'there' | 'back' }): Promise<Tapper> {
  const port = Number(/tcp\/(\d+)/.exec(target)?.[1])
  const sent: Buffer[] = []
  let flipped = false
  const pass = (from: net.Socket, to: net.Socket, direction: 'there' | 'back'): void => {
    let position = 0
    from.on('data', (data) => {
      const index = flip?.direction === direction ? flip.at - position : -1
      if (index >= 0 && index < data.length) {
        data.writeUInt8(data.readUInt8(index) ^ 1, index)
        flipped = true
      }
      position += data.length
      if (direction === 'there') sent.push(Buffer.from(data))
      to.write(data)
    })
    from.on('close', () => to.destroy())
    from.on('error', () => to.destroy())
  }
  const server = net.createServer((near) => {
    const far = net.connect(port, '127.0.0.1')
    pass(near, far, 'there')
    pass(far, near, 'back')
    closers.push(() => near.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => server.close())
  return {
    address: `/ip4/127.0.0.1/tcp/${(server.address() as net.AddressInfo).port}`,
    sent,
    isFlipped: () => flipped,
  }
}

describe('sec/N10 somebody on the path', () => {
  it.each(['there', 'back'] as const)('who flips a bit on the way %s is noticed, wherever', async (direction) => {
    const [one, other] = [
      await cast.node({ isExemptSource: () => true }),
      await cast.node({ dialer: { waitMsMin: 3e5 } }),
    ]
    const step = isFull ? 1 : 43
    let altered = 0
    for (let at = 0; at < 900; at += step) {
      const line = await tap(one.address(), { at, direction })
      const code = await codeOf(other.swarm.connect(`${line.address}/p2p/${one.peer}`))
      if (!line.isFlipped()) break
      altered++
      // Either nobody was let in, or the bit came after the welcome and ended the connection.
      if (code === 'ok') await eventually(() => welcomedPeers(other).length === 0, `cut after byte ${at}`)
      await eventually(() => one.swarm.host.connections().length === 0, 'both gone')
    }
    expect(altered).toBeGreaterThan(10)
  })
  it('who plays a recording again gets no connection', async () => {
    const [one, other] = [await cast.node(), await cast.node()]
    const line = await tap(one.address())
    await other.swarm.connect(`${line.address}/p2p/${one.peer}`)
    const recording = Buffer.concat(line.sent)
    let opened = 0
    one.swarm.host.onConnection(() => opened++)
    for (let round = 0; round < 5; round++)
      await new Promise<void>((resolve) => {
        const socket = net.connect(Number(/tcp\/(\d+)/.exec(one.address())?.[1]), '127.0.0.1', () => {
          socket.write(recording)
        })
        socket
          .on('error', () => undefined)
          .on('close', () => {
            resolve()
          })
          .resume()
      })
    expect(opened).toBe(0)
  })
})
