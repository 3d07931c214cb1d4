import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import fs from 'node:fs'
import { limits } from '../../../src/base/index.ts'
import { createLog, logLevels } from '../../../src/node/log.ts'

const cyclic: Record<string, unknown> = {}
cyclic['self'] = cyclic

const hostile: [string, unknown][] = [
  ['line ends', 'a\nb\r\nc'],
  ['an escape sequence', '\u001b[2J\u001b]0;title\u0007'],
  ['a direction override', 'a\u202eb\u2066c\u200ed'],
  ['a line separator', 'a\u2028b\u2029c'],
  ['C1 controls', 'a\u009b31mb\u0085c'],
  ['a megabyte', 'x'.repeat(1_048_576)],
  ['a megabyte of characters with four bytes', '\u{1f42d}'.repeat(262_144)],
  ['a lone surrogate', 'a\ud800b'],
  ['something that is no value', undefined],
  ['a big integer', 10n],
  ['a ring', cyclic],
  ['many small values', Array.from({ length: 10_000 }, () => '\n')],
  ['a format', '%s %d %j'],
]

describe('a text line', () => {
  let written: string[]
  beforeEach(() => {
    written = []
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      written.push(String(text))
      return true
    })
  })
  afterEach(() => {
    vi.restoreAllMocks()
  })

  it.each(hostile)('sec/T5: with %s is one line, bounded, without control characters', (_, value) => {
    createLog('text', 'INFO').info('something came', { value })
    expect(written).toHaveLength(1)
    const [line = ''] = written
    expect(line).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z INFO {2}something came[^\n]*\n$/)
    expect(line.slice(0, -1)).not.toMatch(
      /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/,
    )
    expect(Buffer.byteLength(line)).toBeLessThanOrEqual(limits.logLineBytesMax)
  })

  it('sec/K6: shows of bytes how many, never which', () => {
    const log = createLog('text', 'DEBUG')
    log.error('keys', {
      key: new Uint8Array(32).fill(0xab),
      buffer: Buffer.alloc(3),
      deep: { seed: new Uint8Array(1) },
    })
    expect(written.join('')).toMatch(/key="<32 bytes>" buffer="<3 bytes>" deep=\{"seed":"<1 bytes>"\}\n$/)
  })

  it('shows the message of an error, not its stack', () => {
    createLog('text', 'INFO').warn('failed', { error: new Error('why') })
    expect(written.join('')).toMatch(/WARN {2}failed error="why"\n$/)
  })

  it.each(logLevels)('level %s keeps out what is below it', (level) => {
    const log = createLog('text', level)
    log.debug('0')
    log.info('1')
    log.warn('2')
    log.error('3')
    const first = { TRACE: 0, DEBUG: 0, INFO: 1, WARN: 2, ERROR: 3, FATAL: 4 }[level] ?? -1
    expect(written.map((line) => line.trim().slice(-1))).toEqual(['0', '1', '2', '3'].slice(first))
  })

  it('changes its level while it runs', () => {
    const log = createLog('text', 'WARN')
    log.info('not yet')
    log.setLevel('DEBUG')
    log.debug('now')
    expect(written.map((line) => line.trim().split(' ').at(-1))).toEqual(['now'])
  })
})

describe('a JSON line', () => {
  it('sec/T5: each event is one bounded object, whatever came', () => {
    const lines: string[] = []
    vi.spyOn(fs, 'writeSync').mockImplementation((_, text) => {
      lines.push(text)
      return Buffer.byteLength(text)
    })
    const log = createLog('json', 'DEBUG')
    log.debug('keys', { bytes: new Uint8Array(4), big: 7n })
    for (const [name, value] of hostile) log.info(name, { value })
    log.setLevel('ERROR')
    log.warn('not this')
    vi.restoreAllMocks()
    const objects = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(objects.map(({ msg }) => msg)).toEqual(['keys', ...hostile.map(([name]) => name)])
    expect(objects[0]).toMatchObject({ level: 20, bytes: '<4 bytes>', big: '7' })
    for (const line of lines) {
      expect(line.trimEnd()).not.toMatch(/\n/)
      expect(Buffer.byteLength(line)).toBeLessThanOrEqual(limits.logLineBytesMax)
    }
  })
})
