import { printable } from '../codec/index.ts'

/** A line of ours may be a whole schema; what came from outside was bounded where it came in. */
const lineCharactersMax = 1_100_000

/**
 * The one printer that everything passes on its way to a terminal: what came from another machine is shown, never
 * executed. Line ends and tabs are kept, control characters, escape sequences and bidi marks become `\u{…}`.
 */
export function safeText(text: string): string {
  return text.replace(/[^\n\t]+/g, (line) => printable(line, lineCharactersMax))
}

/** JSON on one line, with the characters escaped that a terminal might obey although JSON allows them. */
export function safeJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(disobedient, escapeUnit)
}

// C1 controls and DEL, bidi marks and isolates, line and paragraph separators, BOM.
const disobedient = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

function escapeUnit(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
