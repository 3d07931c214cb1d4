import { fail, limits, type ErrorCode, type HyraxError } from '../base/index.ts'
import type { FrameStream, HostConnection } from '../host/index.ts'
import {
  answerFrame,
  helloFrame,
  peersFrame,
  readAnswer,
  readHello,
  readPeers,
  type Answer,
  type Hello,
  type NamedPeer,
} from './hello.ts'

/** One connection of the swarm, from the moment the gate admitted it. */
export interface Link {
  readonly connection: HostConnection
  /** `hello`: under way. `welcomed`: both sides said welcome. `connected`: a libp2p node that did not say hello. */
  state: 'hello' | 'welcomed' | 'connected' | 'ended'
  hello: Hello | undefined
  /** Agent told by identify, where there was no hello. */
  agent: string
  latencyMs: number | undefined
  missedPings: number
  /** Milliseconds since 1970 of the welcome. */
  welcomedAt: number
  /** A hello stream was opened: there is one per connection. */
  greeted: boolean
  /** Resolves once `state` has left `hello`. */
  readonly settled: Promise<void>
  settle(): void
  failure: HyraxError | undefined
}

export function createLink(connection: HostConnection): Link {
  let settle = (): void => undefined
  const settled = new Promise<void>((resolve) => {
    settle = resolve
  })
  return {
    connection,
    state: 'hello',
    hello: undefined,
    agent: '',
    latencyMs: undefined,
    missedPings: 0,
    welcomedAt: 0,
    greeted: false,
    settled,
    settle,
    failure: undefined,
  }
}

/** What hello needs of the swarm. */
export interface HelloParts {
  readonly ownHello: (link: Link) => Hello
  /** Judges the other side's hello. */
  readonly judge: (link: Link) => Answer
  /** Both sides have said welcome. */
  readonly onWelcomed: (link: Link) => void
  /** Peers to name to it, drawn after the welcome, so that of two who come at once the later hears of the earlier. */
  readonly peersFor: (link: Link) => NamedPeer[]
  readonly onPeers: (link: Link, peers: NamedPeer[]) => void
}

/** The dialler's half: hello →, ← hello and answer, answer →, then PEERS both ways. */
export async function sayHello(parts: HelloParts, link: Link, stream: FrameStream): Promise<void> {
  await within(stream, async () => {
    const { peer } = link.connection
    await stream.send(helloFrame(parts.ownHello(link)))
    const first = await stream.read()
    if (first === undefined) throw fail('ERR_SWARM_HELLO', { peer, what: 'it ended the stream' })
    if (first['t'] === 'refused') throw refusedBy(peer, readAnswer(peer, first))
    link.hello = readHello(peer, first)
    const answer = readAnswer(peer, await stream.read())
    if (answer.kind === 'refused') throw refusedBy(peer, answer)
    await answerTo(parts, link, stream)
    parts.onWelcomed(link)
    await exchangePeers(parts, link, stream)
  })
}

/** The listener's half. */
export async function answerHello(parts: HelloParts, link: Link, stream: FrameStream): Promise<void> {
  await within(stream, async () => {
    const { peer } = link.connection
    link.hello = readHello(peer, await stream.read())
    await answerTo(parts, link, stream, helloFrame(parts.ownHello(link)))
    const answer = readAnswer(peer, await stream.read())
    if (answer.kind === 'refused') throw refusedBy(peer, answer)
    parts.onWelcomed(link)
    await exchangePeers(parts, link, stream)
  })
}

/** Says welcome, or refused and why, and then throws. */
async function answerTo(
  parts: HelloParts,
  link: Link,
  stream: FrameStream,
  hello?: ReturnType<typeof helloFrame>,
): Promise<void> {
  const answer = parts.judge(link)
  if (answer.kind === 'refused') {
    await stream.send(answerFrame(answer))
    await stream.end()
    await Promise.race([stream.closed, pause(refusalReadMs)])
    throw fail(answer.code, { peer: link.connection.peer, because: 'refused at hello' })
  }
  if (hello !== undefined) await stream.send(hello)
  await stream.send(answerFrame(answer))
}

async function exchangePeers(parts: HelloParts, link: Link, stream: FrameStream): Promise<void> {
  await stream.send(peersFrame(parts.peersFor(link)))
  const frame = await stream.read()
  if (frame !== undefined) parts.onPeers(link, readPeers(link.connection.peer, frame))
  await stream.end()
}

/** Time for a refused peer to read why, before the connection is cut. */
const refusalReadMs = 300

async function within(stream: FrameStream, step: () => Promise<void>): Promise<void> {
  const timer = setTimeout(() => {
    stream.abort('ERR_SWARM_HELLO', 'it took too long')
  }, limits.helloMsMax)
  try {
    await step()
  } finally {
    clearTimeout(timer)
  }
}

function refusedBy(peer: string, answer: Answer): HyraxError {
  const reason: ErrorCode = answer.kind === 'refused' ? answer.code : 'ERR_UNSUPPORTED'
  return fail('ERR_SWARM_REFUSED', { peer, reason })
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
