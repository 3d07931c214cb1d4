import { describe, expect, it } from 'vitest'
import { printable } from '../../../src/codec/index.ts'
import { createSeededRandomness } from '../../helpers/seeded-randomness.ts'

describe('printable', () => {
  it('leaves what people write', () => {
    for (const text of ['', 'node one', 'Büro 3', '日本語', 'שלום', '🚀', 'a\\b', 'it\'s ("x")'])
      expect(printable(text)).toBe(text)
  })

  it('sec/FZ11 shows what moves, turns or hides', () => {
    expect(printable('a\x1b[31mb')).toBe('a\\u{1b}[31mb')
    expect(printable('\x1b]8;;http://x\x07')).toBe('\\u{1b}]8;;http://x\\u{7}')
    expect(printable('\x1bP1$r\x1b\\')).not.toContain('\x1b')
    expect(printable('\u009b31m')).toBe('\\u{9b}31m')
    expect(printable('a\u202eb\u2066c\u200dd\u200be')).toBe('a\\u{202e}b\\u{2066}c\\u{200d}d\\u{200b}e')
    expect(printable('a\r\nb\tc\0')).toBe('a\\u{d}\\u{a}b\\u{9}c\\u{0}')
    expect(printable('a\u00a0b\u3000c\u2028d\ufeff')).toBe('a\\u{a0}b\\u{3000}c\\u{2028}d\\u{feff}')
    expect(printable('\ud800x')).toBe('\\u{d800}x')
    expect(printable('\u3164\u115f\u034f')).toBe('\\u{3164}\\u{115f}\\u{34f}')
    expect(printable('\u{e0041}')).toBe('\\u{e0041}')
  })

  it('bounds what it prints', () => {
    expect(printable('x'.repeat(600))).toHaveLength(512)
    expect(printable('x'.repeat(600)).endsWith('…')).toBe(true)
    expect(printable('abcdef', 4)).toBe('abc…')
    expect(printable('abcd', 4)).toBe('abcd')
    expect(Array.from(printable('\x1b'.repeat(1_000_000), 64))).toHaveLength(64)
    expect(Array.from(printable('🚀'.repeat(100), 64))).toHaveLength(64)
  })

  it('sec/FZ11 lets nothing through for random texts, and is done after one time', () => {
    const random = createSeededRandomness(17)
    for (let round = 0; round < 10_000; round++) {
      const text = String.fromCodePoint(
        ...Array.from({ length: 12 }, () => random.below(random.pick([128, 0x3000, 0x110000]))),
      )
      const shown = printable(text, 64)
      expect(shown).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u)
      expect(Array.from(shown).length).toBeLessThanOrEqual(64)
      if (!shown.endsWith('…')) expect(printable(shown, 64)).toBe(shown)
    }
  })
})
