import { beforeAll, describe, expect, it } from 'vitest'
import { encodeCbor, toHex } from '../../../src/codec/index.ts'
import { openKeys } from '../../../src/keys/index.ts'
import { encodeUnsigned, parseCommand, readSlowly, type Command } from '../../../src/team/command.ts'
import { readQuickly } from '../../../src/team/quick-envelope.ts'
import { mutateBytes } from '../../helpers/mutate.ts'
import { createSeededRandomness } from '../../helpers/seeded-randomness.ts'
import { Scribe } from '../../helpers/team-scribe.ts'

let scribe: Scribe
beforeAll(async () => {
  scribe = new Scribe(await openKeys())
  scribe.found('O')
  const base = scribe.add('O', 'U', 'operator')
  scribe.add('O', 'V', 'user', { parents: [base] })
  scribe.add('U', 'W', 'user', { parents: [base] })
  scribe.assign('O', 'W', 'admin')
  scribe.writeRaw('O', { kind: 'FromTheFuture', body: { deep: [[{ a: [1, -5, null, true, 'text'] }]] } })
})

function said(result: ReturnType<typeof parseCommand>): unknown {
  return result.kind === 'refuse' ? { refused: true } : result
}

describe('the quick reader of commands', () => {
  it('reads all that this version writes, as the slow one does', () => {
    for (const { bytes, unsigned, signature } of scribe.commands) {
      expect(readQuickly(unsigned)).toBeDefined()
      expect(parseCommand(bytes)).toEqual(readSlowly(bytes, unsigned, signature))
    }
  })

  it('sec/FZ1: what it accepts is the one encoding, 6,000 mutations and every truncation', () => {
    const random = createSeededRandomness(11)
    const tried: Uint8Array[] = scribe.commands.flatMap(({ unsigned }) => [
      ...Array.from({ length: 1_000 }, () => mutateBytes(unsigned, random)),
      ...Array.from({ length: unsigned.length }, (_, size) => unsigned.subarray(0, size)),
    ])
    let quick = 0
    for (const unsigned of tried) {
      const read = quietly(() => readQuickly(unsigned))
      if (read === undefined) continue
      quick++
      const { parentHexes, authorHex, ...envelope } = read
      expect(toHex(encodeUnsigned(envelope))).toBe(toHex(unsigned))
      expect([parentHexes, authorHex]).toEqual([read.parents.map(toHex), toHex(read.author)])
    }
    expect(quick).toBeGreaterThan(100)
  })

  it('sec/FZ1: refuses and accepts what the slow one does', () => {
    const random = createSeededRandomness(12)
    const signature = new Uint8Array(64)
    for (const command of scribe.commands) {
      for (let i = 0; i < 300; i++) {
        const unsigned = mutateBytes(command.unsigned, random)
        if (unsigned.length < 24) continue
        const bytes = encodeCbor([unsigned, signature])
        const slowly = quietly(() => readSlowly(bytes, unsigned, signature)) ?? { kind: 'refuse' as const }
        expect(said(parseCommand(bytes))).toEqual(said(slowly as Command))
      }
    }
  })
})

/** Undefined where it throws: bytes that are no CBOR. */
function quietly<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
