import { beforeAll, describe, expect, it } from 'vitest'
import { encodeCbor, type CborMap } from '../../../src/codec/index.ts'
import { openKeys } from '../../../src/keys/index.ts'
import { labels } from '../../../src/base/index.ts'
import { parseCommand, signCommand, type Command } from '../../../src/team/index.ts'
import { Scribe } from '../../helpers/team-scribe.ts'

let scribe: Scribe
let sample: Command
beforeAll(async () => {
  scribe = new Scribe(await openKeys())
  scribe.found('O')
  sample = scribe.add('O', 'U')
})

function codeOf(bytes: Uint8Array): string {
  const read = parseCommand(bytes)
  return read.kind === 'refuse' && 'code' in read ? read.code : read.kind
}

/** The sample's map with changes, signed anew. */
function changed(change: CborMap): Uint8Array {
  const { team, parents, author, key, generation, sequence, depth, time, kind, body } = sample
  const map = {
    v: 1,
    t: team!,
    p: [...parents],
    a: author,
    k: key,
    g: generation,
    n: sequence,
    d: depth,
    ts: time,
    c: kind,
    b: body,
  }
  return encodeCbor([encodeCbor({ ...map, ...change }), new Uint8Array(64)])
}

describe('a stored command', () => {
  it('is read back as it was written', () => {
    const read = parseCommand(sample.bytes) as Command
    expect(read).toEqual(sample)
    expect(scribe.keys.verify(read.key, labels.command, read.unsigned, read.signature)).toBe(true)
  })

  it('sec/FZ1: no truncation and no bit flip is taken for the same command', () => {
    for (let length = 0; length < sample.bytes.length; length++)
      expect(codeOf(sample.bytes.subarray(0, length))).toBe('ERR_TEAM_BAD_ENCODING')
    for (let bit = 0; bit < sample.bytes.length * 8; bit += 3) {
      const bytes = sample.bytes.slice()
      bytes[bit >> 3]! ^= 1 << (bit & 7)
      const read = parseCommand(bytes)
      if (read.kind === 'refuse' || read.kind === 'foreign') continue
      const { key, unsigned, signature, idHex } = read as Command
      expect(idHex).not.toBe(sample.idHex)
      expect(scribe.keys.verify(key, labels.command, unsigned, signature)).toBe(false)
    }
  })

  it('has exactly its fields, each of its form', () => {
    const bad: CborMap[] = [
      { extra: 1 },
      { t: new Uint8Array(31) },
      { p: [sample.id, sample.id] },
      { p: [new Uint8Array(32).fill(2), new Uint8Array(32).fill(1)] },
      { p: Array.from({ length: 17 }, (_, i) => new Uint8Array(32).fill(i)) },
      { a: new Uint8Array(33) },
      { k: 'key' },
      { g: -1 },
      { n: 'x' },
      { d: null },
      { ts: -5 },
      { c: 'lower' },
      { b: [] },
      { v: 0 },
    ]
    for (const change of bad) expect(codeOf(changed(change))).toBe('ERR_TEAM_BAD_ENCODING')
    expect(codeOf(changed({}))).toBe('AddDevice')
  })

  it('has parents, unless it is CreateTeam: ERR_TEAM_BAD_PARENT', () => {
    expect(codeOf(changed({ p: [] }))).toBe('ERR_TEAM_BAD_PARENT')
    const { author, key, parents, body } = sample
    const root = { v: 1, p: [...parents], a: author, k: key, g: 0, n: 0, d: 0, ts: 0, c: 'CreateTeam', b: body }
    const stored = (map: CborMap): Uint8Array => encodeCbor([encodeCbor(map), new Uint8Array(64)])
    expect(codeOf(stored(root))).toBe('ERR_TEAM_BAD_PARENT')
    expect(codeOf(stored({ ...root, p: [] }))).toBe('CreateTeam')
    expect(codeOf(stored({ ...root, p: [], t: author }))).toBe('ERR_TEAM_BAD_ENCODING')
  })

  it('of a newer envelope is foreign, whatever its fields are', () => {
    expect(codeOf(changed({ v: 2, new: [1, 2] }))).toBe('foreign')
  })

  it('has at most 4,096 bytes and 8 levels', () => {
    expect(codeOf(new Uint8Array(4_097))).toBe('ERR_TEAM_TOO_LARGE')
    let deep: CborMap = { x: 1 }
    for (let i = 0; i < 9; i++) deep = { x: deep }
    expect(codeOf(changed({ b: deep }))).toBe('ERR_TEAM_BAD_ENCODING')
    expect(() => signCommand({ ...sample, body: { x: new Uint8Array(5_000) } }, scribe.actor('O').sign)).toThrow(
      expect.objectContaining({ code: 'ERR_TEAM_TOO_LARGE' }) as Error,
    )
  })

  it('signed twice is two commands: the signature is part of the id', () => {
    const other = encodeCbor([sample.unsigned, new Uint8Array(64)])
    expect((parseCommand(other) as Command).idHex).not.toBe(sample.idHex)
  })
})
