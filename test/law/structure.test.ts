import { describe, expect, it } from 'vitest'
import { labels, type Label } from '../../src/base/index.ts'
import { decodeCbor, encodeCbor, equalBytes, toHex, type CborMap, type CborValue } from '../../src/codec/index.ts'
import { openKeys } from '../../src/keys/index.ts'
import {
  encodeBody,
  encodeUnsigned,
  kinds,
  parseCommand,
  readAct,
  stateHash,
  type Act,
  type Command,
} from '../../src/team/index.ts'
import { judgeSet } from '../../src/team/command-set.ts'
import { everyKind } from './every-kind.ts'
import { bytesOf } from './sight.ts'

const keys = await openKeys()
const { commands } = everyKind()
/** One of each kind. */
const samples = new Map(commands.map(({ bytes }) => [commandOf(bytes).kind, commandOf(bytes)]))
/** In a short run every so many bits. */
const stride = process.env['HYRAX_FULL'] !== '1' ? 13 : 1

function commandOf(bytes: Uint8Array): Command {
  const command = parseCommand(bytes)
  if ('code' in command || command.kind === 'foreign') throw new Error('no command')
  return command as Command
}

function isSigned({ key, unsigned, signature }: Command): boolean {
  return keys.verify(key, labels.command, unsigned, signature)
}

describe('one command of each kind', { timeout: 600_000 }, () => {
  it('there is one, and it is good', () => {
    expect([...samples.keys()].sort()).toEqual(Object.keys(kinds).sort())
    const { evaluation, graph } = judgeSet(
      commands.map(({ bytes }) => bytes),
      { keys },
    )
    expect(graph.nodes.map((node) => evaluation.standing(node))).toEqual(commands.map(() => 'effective'))
  })

  it.each([...samples])('%s: no truncation is a command', (_, { bytes }) => {
    for (let length = 0; length < bytes.length; length++)
      expect(parseCommand(bytes.subarray(0, length))).toMatchObject({ code: 'ERR_TEAM_BAD_ENCODING' })
    expect(parseCommand(Uint8Array.of(...bytes, 0))).toMatchObject({ code: 'ERR_TEAM_BAD_ENCODING' })
  })

  it.each([...samples])('%s: no flipped bit is accepted, and what can be read has one spelling', (_, sample) => {
    for (let bit = 0; bit < sample.bytes.length * 8; bit += stride) {
      const bytes = sample.bytes.slice()
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const read = parseCommand(bytes)
      if ('code' in read || read.kind === 'foreign') continue
      const command = read as Command
      expect(command.idHex).not.toBe(sample.idHex)
      expect(equalBytes(encodeUnsigned(command), command.unsigned)).toBe(true)
      expect(isSigned(command)).toBe(false)
      const act = readAct(command)
      // Whoever signs such bytes on purpose says one thing with them, not two.
      if (act.kind !== 'refuse') expect(encodeCbor(encodeBody(act))).toEqual(encodeCbor(full(command, act)))
    }
  })
})

/** The payload as received, with what it leaves out and the law has a default for. */
function full({ body }: Command, act: Act): CborMap {
  return { ...encodeBody(act), ...body }
}

describe('I10: what is swapped does not verify', () => {
  const parts = ['a', 'c', 'p', 't', 'k', 'g', 'n', 'd', 'ts', 'b'] as const
  const others = new Map<string, CborValue>([
    ['a', bytesOf('another device')],
    ['c', 'CloseTeam'],
    ['p', [bytesOf('another parent')]],
    ['t', bytesOf('another team')],
    ['k', bytesOf('another key')],
    ['g', 7],
    ['n', 77],
    ['d', 777],
    ['ts', 7777],
    ['b', { reason: 'another' }],
  ])

  it.each([...samples])('%s: author, kind, parents, team, key, numbers, payload', (kind, sample) => {
    const map = decodeCbor(sample.unsigned, { depthMax: 8 }) as CborMap
    for (const part of parts) {
      if (part === 'c' && kind === 'CloseTeam') continue
      const changed = encodeCbor({ ...map, [part]: others.get(part) ?? null })
      const read = parseCommand(encodeCbor([changed, sample.signature]))
      // CreateTeam with a parent or a team, or as another kind, is no command at all.
      if ('code' in read) expect(kind).toBe('CreateTeam')
      else expect(isSigned(read as Command)).toBe(false)
    }
  })

  it.each([...samples])('%s: a signature of another command of the same device', (_, sample) => {
    const others = commands.map(({ bytes }) => commandOf(bytes)).filter(({ idHex }) => idHex !== sample.idHex)
    for (const { signature } of others) expect(isSigned({ ...sample, signature })).toBe(false)
  })

  it('and in the set of commands nothing of it counts', () => {
    const good = commands.map(({ bytes }) => bytes)
    const before = toHex(stateHash(judgeSet(good, { keys }).evaluation.current()))
    const forged = [...samples.values()].flatMap((sample) => {
      const map = decodeCbor(sample.unsigned, { depthMax: 8 }) as CborMap
      return parts.map((part) =>
        encodeCbor([encodeCbor({ ...map, [part]: others.get(part) ?? null }), sample.signature]),
      )
    })
    const set = judgeSet([...forged, ...good, ...forged], { keys })
    expect(set.graph.nodes).toHaveLength(good.length)
    expect(toHex(stateHash(set.evaluation.current()))).toBe(before)
    expect([...set.leftOut.values()].every(({ verdict }) => verdict === 'refused')).toBe(true)
  })
})

describe('a signature counts under its own label alone', () => {
  it.each([...samples])('%s', (_, { key, unsigned, signature }) => {
    for (const label of Object.values(labels) as Label[])
      expect(keys.verify(key, label, unsigned, signature)).toBe(label === labels.command)
  })
})
