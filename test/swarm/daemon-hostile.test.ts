import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { limits } from '../../src/base/index.ts'
import { concatBytes, parseId, parseInviteLine, type CborMap } from '../../src/codec/index.ts'
import {
  generateBoxKey,
  generateIdentity,
  inviteKeyOf,
  openKeys,
  systemRandom,
  type Identity,
} from '../../src/keys/index.ts'
import {
  deviceId,
  formatKeyBundle,
  inviteFrameMap,
  inviteProtocol,
  makeClaim,
  makeKeyBundle,
  makePeerBinding,
  readInviteFrame,
  syncProtocol,
} from '../../src/team/index.ts'
import {
  agreed,
  createDaemonCast,
  foundTeam,
  isBuilt,
  meshed,
  type Daemon,
  type DaemonCast,
} from '../helpers/daemons.ts'
import { codeOf, createSwarmCast, eventually, isFull, type SwarmCast, type SwarmNode } from '../helpers/swarm-nodes.ts'

const keys = await openKeys()
const attempts = isFull ? 5_000 : 120
/** More than this a daemon of a small team never needs; V8 ends the process where its own part would not do. */
const heapMiB = 96
const residentMiBMax = 320

type RawStream = Awaited<ReturnType<ReturnType<SwarmNode['swarm']['host']['connections']>[number]['openRaw']>>

describe.skipIf(!isBuilt)('a daemon attacked by who holds the swarm key', { timeout: 180_000 }, () => {
  let daemons: DaemonCast
  let cast: SwarmCast
  let victim: Daemon
  let friend: Daemon
  let team: string
  let labels = 0
  beforeEach(async () => {
    daemons = createDaemonCast()
    cast = await createSwarmCast()
    victim = await daemons.start('victim', {
      environment: { NODE_OPTIONS: `--max-old-space-size=${heapMiB}` },
      // All come from one machine here, and none is to be kept out for that.
      settings: 'swarm:\n  exemptSources:\n  - 127.0.0.0/8\n',
    })
    friend = await daemons.start('friend', { peers: [victim.address] })
    await meshed([victim, friend])
    team = await foundTeam([victim, friend])
  })
  afterEach(async () => {
    await cast.stopAll()
    await daemons.stopAll()
  })

  async function hostile(identity: Identity = generateIdentity(systemRandom)): Promise<SwarmNode> {
    const binding = makePeerBinding(keys, { identity, node: identity, sequence: 0 })
    const node = await cast.node({ identity, swarmKeys: [daemons.swarmKey], binding: () => binding })
    await node.swarm.connect(victim.address)
    return node
  }
  async function member(name: string): Promise<SwarmNode> {
    const identity = generateIdentity(systemRandom)
    const encryption = [generateBoxKey(systemRandom).publicKey]
    const bundle = makeKeyBundle(keys, { identity, sequence: 0, signing: [identity.publicKey], encryption })
    await victim.call('devices.add', { bundle: formatKeyBundle('text', bundle), name, team })
    return hostile(identity)
  }
  /** A stream without frames; connects again where the victim has cut the connection. */
  async function raw(by: SwarmNode, protocol: string): Promise<RawStream | undefined> {
    if (by.swarm.host.connections(victim.peer).length === 0) await codeOf(by.swarm.connect(victim.address))
    const [connection] = by.swarm.host.connections(victim.peer)
    return connection?.openRaw(protocol, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined)
  }
  function send(stream: RawStream, bytes: Uint8Array): void {
    // What the other side has reset takes nothing more, and says so by throwing.
    if (stream.status === 'open' && stream.writeStatus === 'writable') stream.send(bytes)
  }

  /** Runs an attack while a member is at work: no word of it is lost, it is never cut, and the victim's memory is bounded. */
  async function withstands(attack: () => Promise<void>): Promise<void> {
    let isOver = false
    const works = async (): Promise<void> => {
      for (let said = 0; !isOver || said === 0; said++) {
        await friend.call('labels.create', { label: `said-${++labels}`, team })
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    }
    const since = await linkedSince()
    const working = works()
    try {
      await attack()
    } finally {
      isOver = true
      await working
    }
    await agreed([victim, friend])
    expect(await linkedSince()).toBe(since)
    const resident = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${victim.pid}/status`, 'utf8'))?.[1]) / 1_024
    expect(resident).toBeLessThan(residentMiBMax)
  }
  async function linkedSince(): Promise<string | undefined> {
    const { peers } = await victim.call('swarms.peers', {})
    return peers.find(({ peer }) => peer === friend.peer)?.since
  }

  it.each([syncProtocol, inviteProtocol])(
    'with streams without end, oversize frames and garbage: %s',
    async (protocol) => {
      const outsider = await hostile()
      await withstands(async () => {
        for (let n = 0; n < attempts; n++) await raw(outsider, protocol)
      })
      const other = await hostile()
      await withstands(async () => {
        for (let n = 0; n < attempts; n++) {
          const stream = await raw(other, protocol)
          const junk = systemRandom.bytes(1 + ((n * 997) % 8_000))
          // A length that cannot be; a map that nests without end; plain noise.
          if (n % 3 === 1) junk.fill(0x81)
          const length = n % 3 === 0 ? 0xffff_ffff : junk.length
          if (stream === undefined) continue
          send(stream, concatBytes(uint32(length), junk))
          await new Promise((resolve) => setImmediate(resolve))
          stream.abort(new Error('on to the next'))
        }
      })
    },
  )

  it('with slow hands on every stream it has', async () => {
    const hands = await Promise.all(Array.from({ length: 5 }, () => hostile()))
    await withstands(async () => {
      const streams: RawStream[] = []
      for (const hand of hands)
        for (let n = 0; n < limits.syncStreamsMax; n++) {
          const stream = await raw(hand, n % 2 === 0 ? syncProtocol : inviteProtocol)
          if (stream !== undefined) streams.push(stream)
        }
      expect(streams.length).toBeGreaterThan(hands.length)
      const dribble = setInterval(() => {
        for (const stream of streams) send(stream, new Uint8Array(1))
      }, 200)
      // Nobody gets to hold a stream by a byte now and then.
      const isHeld = (): boolean => streams.some(({ status }) => status === 'open')
      await eventually(() => !isHeld(), 'all of them are reset', 60_000).finally(() => {
        clearInterval(dribble)
      })
    })
  })

  it('with guesses at an invite, and claims that were overheard', async () => {
    const { code } = await victim.call('invites.create', { team })
    const line = parseInviteLine(code)
    const inviteKey = inviteKeyOf(keys, line.code, line.team)
    const ask = async (by: SwarmNode, key: Uint8Array) => {
      const stream = await by.swarm.open(victim.peer, inviteProtocol, limits.inviteFrameBytesMax)
      await stream.send(inviteFrameMap({ t: 'ask', team: line.team, key }))
      return { stream, answer: await stream.read() }
    }
    const codes = new Set<unknown>()
    await withstands(async () => {
      for (let guesser = 0; guesser < 6; guesser++) {
        const by = await hostile()
        for (let n = 0; n < 2 * limits.inviteAttemptsPerMinuteMax; n++) {
          const { stream, answer } = await ask(by, systemRandom.bytes(32))
          codes.add(answer?.['code'])
          stream.abort()
        }
      }
    })
    expect([...codes].sort()).toEqual(['ERR_TEAM_INVITE_BUSY', 'ERR_TEAM_UNKNOWN_INVITE'])
    const { devices } = await victim.call('devices.ls', { team })
    // A claim that was made for another stream's nonce, word for word.
    const [heard, replayer] = [await hostile(), await hostile()]
    const overheard = await nonceOf(ask(heard, inviteKey.publicKey))
    const bundle = makeKeyBundle(keys, {
      identity: heard.identity,
      sequence: 0,
      signing: [heard.identity.publicKey],
      encryption: [generateBoxKey(systemRandom).publicKey],
    })
    const claim = makeClaim({ ...overheard, team: line.team, bundle, inviteKey, identity: heard.identity })
    for (const by of [heard, replayer]) {
      const { stream } = await ask(by, inviteKey.publicKey)
      await stream.send(inviteFrameMap({ t: 'claim', claim: claim.bytes, name: 'replayed' }))
      expect(await stream.read()).toEqual({ t: 'refused', code: 'ERR_TEAM_INVITE_CLAIM_INVALID' })
    }
    expect((await victim.call('devices.ls', { team })).devices).toHaveLength(devices.length)
    const joiner = await daemons.start('joiner', { peers: [victim.address] })
    expect(await joiner.call('invites.join', { code })).toMatchObject({ team })
  })

  it('who is a member, and floods it with every frame of sync', async () => {
    const zeros = new Uint8Array(32)
    const draw = (count: number): Uint8Array[] => Array.from({ length: count }, () => systemRandom.bytes(32))
    const hello = { t: 'hello', team: parseId('team', team), version: 1, stateHash: zeros }
    const floods: Record<string, (by: SwarmNode, n: number) => CborMap> = {
      hello: (_, n) => ({ ...hello, heads: draw(16), count: 1e6 + n, frontierDigest: systemRandom.bytes(32) }),
      frontier: () => ({ t: 'frontier', base: null, devices: draw(200).map((device) => [device, 1_000, true]) }),
      want: (by) => ({ t: 'want', ids: draw(1), ranges: [[deviceId(by.identity.publicKey), 0, 2 ** 40]], credit: 1e6 }),
      ids: () => ({ t: 'want', ids: draw(100), ranges: [], credit: 0 }),
      range: () => ({
        t: 'range',
        from: [0, zeros],
        to: null,
        count: 9,
        hash: draw(1)[0] ?? zeros,
        ids: null,
        round: 1,
      }),
      announce: () => ({ t: 'announce', ids: draw(100) }),
      done: () => ({ t: 'done', heads: [], count: 0, stateHash: zeros, remaining: 1 }),
      boxes: () => ({ t: 'boxes', hash: systemRandom.bytes(32), part: 0, parts: 1, bytes: systemRandom.bytes(80) }),
      push: () => ({ t: 'push', command: systemRandom.bytes(4_096) }),
    }
    for (const [name, make] of Object.entries(floods)) {
      const by = await member(`floods ${name}`)
      await withstands(async () => {
        for (let sent = 0, opened = 0; sent < 5 * attempts && opened < 50; opened++) {
          if (by.swarm.host.connections(victim.peer).length === 0) await codeOf(by.swarm.connect(victim.address))
          const stream = await by.swarm.open(victim.peer, syncProtocol, limits.syncFrameBytesMax).catch(() => undefined)
          if (stream === undefined) continue
          await codeOf(stream.send({ ...hello, heads: [], count: 0, frontierDigest: null }))
          for (; sent < 5 * attempts && stream.isOpen; sent++) await codeOf(stream.send(make(by, sent)))
          stream.abort()
        }
      })
    }
  })

  async function nonceOf(asked: Promise<{ stream: { abort(): void }; answer: CborMap | undefined }>) {
    const { stream, answer } = await asked
    stream.abort()
    const read = readInviteFrame('nonce', answer)
    if ('code' in read) throw new Error(read.code)
    return { invite: read.invite, nonce: read.nonce }
  }
})

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}
