// The other end of a catch-up: a real replica that has everything, in a process of its own, so that what serving costs is
// not counted. Frames go over its standard streams, as bytes.
import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { limits } from '../src/base/index.ts'
import { createFrameReader, encodeFrame, type CborMap } from '../src/codec/index.ts'
import { deviceId, parseCommand, Replica, type Command, type ReplicaEvent } from '../src/team/index.ts'
import { identityOf } from './team-source.ts'

type Timeless<E> = E extends unknown ? Omit<E, 'now'> : never

/** Numbers of the devices at both ends, as `identityOf` has them. */
export const ends = { server: 0, receiver: 1 } as const

/** What a replica of a device is given that only takes and serves: it authors nothing. */
export function partsOf(device: number, team: Uint8Array) {
  const { publicKey } = identityOf(device)
  const random = { bytes: (size: number) => new Uint8Array(size) }
  return { team, device: deviceId(publicKey), signingKey: publicKey, sign: () => new Uint8Array(64), random }
}

/** Writes commands to a file, each behind its length (u16). */
export function writeCommands(file: string, commands: readonly Command[]): void {
  const size = commands.reduce((sum, { bytes }) => sum + 2 + bytes.length, 0)
  const whole = new Uint8Array(size)
  let at = 0
  for (const { bytes } of commands) {
    whole.set([bytes.length >> 8, bytes.length & 255], at)
    whole.set(bytes, at + 2)
    at += 2 + bytes.length
  }
  writeFileSync(file, whole)
}

function readCommands(file: string): Command[] {
  const whole = new Uint8Array(readFileSync(file))
  const commands: Command[] = []
  for (let at = 0; at < whole.length;) {
    const end = at + 2 + (whole[at]! << 8) + whole[at + 1]!
    commands.push(parseCommand(whole.slice(at + 2, end)) as Command)
    at = end
  }
  return commands
}

/** What the process does: loads, says so with one byte, and serves until its input ends. */
export function servePeer(file: string): void {
  const commands = readCommands(file)
  const team = commands[0]!.id
  const replica = new Replica(partsOf(ends.server, team), commands)
  let timer: NodeJS.Timeout | undefined
  const take = (event: Timeless<ReplicaEvent>): void => {
    for (const effect of replica.step({ ...event, now: Math.floor(performance.now()) })) {
      if (effect.kind === 'send') process.stdout.write(encodeFrame(effect.frame, limits.syncFrameBytesMax))
      if (effect.kind === 'wake') {
        clearTimeout(timer)
        timer = setTimeout(() => take({ kind: 'tick' }), Math.max(1, effect.at - performance.now()))
      }
      if (effect.kind === 'alarm' || effect.kind === 'cut') throw new Error(JSON.stringify(effect))
    }
  }
  process.stdout.write(Uint8Array.of(1))
  const reader = createFrameReader(limits.syncFrameBytesMax)
  let isConnected = false
  process.stdin.on('data', (chunk: Uint8Array) => {
    const device = deviceId(identityOf(ends.receiver).publicKey)
    if (!isConnected) take({ kind: 'connected', peer: 'receiver', device, given: true })
    isConnected = true
    for (const frame of reader.push(new Uint8Array(chunk))) take({ kind: 'frame', peer: 'receiver', frame })
  })
  process.stdin.once('end', () => process.exit(0))
}

export interface Peer {
  send(frame: CborMap): void
  /** Called with every frame that it sends, in order. */
  listen(onFrame: (frame: CborMap) => void): void
  stop(): void
}

/** Starts that process: this script again, asked to serve. Resolves once it has loaded everything. */
export async function startPeer(script: string, file: string): Promise<Peer> {
  const child = spawn(process.execPath, [script, 'serve', file], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.once('exit', (status) => {
    throw new Error(`the peer ended with ${status}`)
  })
  await new Promise<void>((resolve) => {
    child.stdout.once('readable', () => {
      child.stdout.read(1)
      resolve()
    })
  })
  const reader = createFrameReader(limits.syncFrameBytesMax)
  return {
    send(frame) {
      child.stdin.write(encodeFrame(frame, limits.syncFrameBytesMax))
    },
    listen(onFrame) {
      child.stdout.on('data', (chunk: Uint8Array) => {
        for (const frame of reader.push(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)))
          onFrame(frame)
      })
    },
    stop() {
      child.removeAllListeners('exit')
      child.stdin.end()
    },
  }
}
