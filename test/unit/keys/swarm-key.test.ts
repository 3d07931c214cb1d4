import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseSwarmKey, toHex, utf8 } from '../../../src/codec/index.ts'
import {
  generateSwarmKey,
  isPublishedSwarmKey,
  isTypedSwarmKey,
  swarmKeyFingerprint,
  systemRandom,
} from '../../../src/keys/index.ts'

const example = readFileSync(new URL('../../../swarm-key.example', import.meta.url))

describe('swarm keys', () => {
  it('refuse swarm-key.example as published', () => {
    expect(example).toHaveLength(96)
    expect(isPublishedSwarmKey(parseSwarmKey(example))).toBe(true)
  })

  it('refuse the default and the examples that other systems published', () => {
    const published = [
      'MDAwMDAwMDAxMTExMTExMTIyMjIyMjIyMzMzMzMzMzM=',
      'L2tleS9zd2FybS9wc2svMS4wLjAvCi9iYXNlMTYvCmQ3YjBmNDFjY2ZlYTEyM2FkYTJhYWI0MmY2NjRjOWUyNWUwZWYyZThmNGJjNjJlOTg3NmE3NDU1MTc3ZWQzOGIK',
      'L2tleS9zd2FybS9wc2svMS4wLjAvCi9iYXNlMTYvCjZiNjkzNTQzNGM0Yzc5NjY2OTM4NTkzMjM0Njg0MTY5MzA3NzQ1NmU0MjVhMzk2ZDU3NmE3OTRmNTIzMTc3NTk=',
    ]
    for (const text of published) expect(isPublishedSwarmKey(parseSwarmKey(text))).toBe(true)
  })

  it('refuse what anybody guesses: digits, and at most two different bytes', () => {
    expect(isPublishedSwarmKey(utf8('12345678901234567890123456789012'))).toBe(true)
    expect(isPublishedSwarmKey(new Uint8Array(32))).toBe(true)
    expect(isPublishedSwarmKey(new Uint8Array(32).fill(7))).toBe(true)
    expect(isPublishedSwarmKey(Uint8Array.from({ length: 32 }, (_, index) => index % 2))).toBe(true)
    expect(isPublishedSwarmKey(Uint8Array.from({ length: 32 }, (_, index) => index % 3))).toBe(false)
  })

  it('know what looks typed', () => {
    expect(isTypedSwarmKey(utf8('correct horse battery staple 123'))).toBe(true)
    expect(isPublishedSwarmKey(utf8('correct horse battery staple 123'))).toBe(false)
    expect(isTypedSwarmKey(systemRandom.bytes(32))).toBe(false)
  })

  it('are drawn again where the draw is a bad one', () => {
    const draws = [
      new Uint8Array(32),
      utf8('correct horse battery staple 123'),
      parseSwarmKey(example),
      systemRandom.bytes(32),
    ]
    const wanted = draws.at(-1)!
    expect(generateSwarmKey({ bytes: () => draws.shift()! })).toBe(wanted)
  })

  it('show 32 hex digits in their place', () => {
    const key = systemRandom.bytes(32)
    expect(swarmKeyFingerprint(key)).toMatch(/^[0-9a-f]{32}$/)
    expect(toHex(key)).not.toContain(swarmKeyFingerprint(key))
  })
})
