/** Control, format, private and unassigned characters, line and paragraph breaks, all that is drawn as nothing. */
const unsafe = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}/gu

/**
 * A text from another machine made safe for a terminal or a log: what could move the cursor, turn the direction of
 * writing or hide is shown as `\u{…}`. At most `charactersMax` characters (512 unless said), cut with `…`.
 */
export function printable(text: string, charactersMax = 512): string {
  // Cut before and after: escapes make a text up to eight times longer.
  const shown = text
    .slice(0, 2 * charactersMax + 2)
    .replace(unsafe, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
  const characters = Array.from(shown)
  if (characters.length <= charactersMax && text.length <= 2 * charactersMax + 2) return shown
  return `${characters.slice(0, charactersMax - 1).join('')}…`
}
