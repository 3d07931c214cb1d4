import type { SeededRandomness } from './seeded-randomness.ts'

const intruders = [
  '',
  ' ',
  '\n',
  '\r\n',
  '\0',
  '=',
  '/',
  ':',
  '%',
  '.',
  '-',
  '_',
  '0',
  'a',
  'Z',
  '\u{feff}',
  '\u{202e}',
  '٣',
  'ß',
  'é',
]

/** A text changed a little, as a hand, a terminal or an enemy changes it: never the text itself. */
export function mutateText(text: string, random: SeededRandomness): string {
  for (;;) {
    const changed = random.below(4) === 0 ? changeOnce(changeOnce(text, random), random) : changeOnce(text, random)
    if (changed !== text) return changed
  }
}

/** Bytes with some bits, places or lengths changed: never the same bytes. */
export function mutateBytes(bytes: Uint8Array, random: SeededRandomness): Uint8Array {
  for (;;) {
    const changed = changeBytesOnce(bytes, random)
    if (changed.length !== bytes.length || changed.some((byte, index) => byte !== bytes[index])) return changed
  }
}

function changeOnce(text: string, random: SeededRandomness): string {
  const at = random.below(text.length + 1)
  const before = text.slice(0, at)
  const rest = text.slice(at)
  switch (random.below(8)) {
    case 0:
      return before + random.pick(intruders) + rest
    case 1:
      return before + rest.slice(1)
    case 2:
      return before
    case 3:
      return before + random.pick([...Array.from(text), ...intruders]) + rest.slice(1)
    case 4:
      return before + swapCase(rest.slice(0, 1)) + rest.slice(1)
    case 5:
      return before + rest.slice(1, 2) + rest.slice(0, 1) + rest.slice(2)
    case 6:
      return text + random.pick(intruders)
    default:
      return before + String.fromCharCode((rest.charCodeAt(0) || 65) ^ (1 << random.below(7))) + rest.slice(1)
  }
}

function swapCase(letter: string): string {
  return letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()
}

function changeBytesOnce(bytes: Uint8Array, random: SeededRandomness): Uint8Array {
  const at = random.below(bytes.length)
  switch (random.below(5)) {
    case 0:
      return bytes.slice(0, at)
    case 1:
      return Uint8Array.of(...bytes.slice(0, at), random.below(256), ...bytes.slice(at))
    case 2:
      return Uint8Array.of(...bytes.slice(0, at), ...bytes.slice(at + 1))
    default:
      return bytes.map((byte, index) => (index === at ? byte ^ (1 << random.below(8)) : byte))
  }
}
