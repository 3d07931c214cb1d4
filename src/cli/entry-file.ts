import { fail, limits } from '../base/index.ts'
import { parseJson } from '../codec/index.ts'

/** Entries of a list to be imported: a JSON array of texts, or one a line with `#` comments. Fails with `ERR_CODEC_JSON`. */
export function readEntries(document: string): string[] {
  if (!document.trimStart().startsWith('[')) {
    return document
      .split('\n')
      .flatMap((line) => (line.trim() === '' || line.trim().startsWith('#') ? [] : [line.trim()]))
  }
  // The one comma before the closing bracket is in both samples of the format's own documentation.
  const value = parseJson(document.replace(/,(\s*\]\s*)$/, '$1'), {
    what: 'the list',
    bytesMax: limits.nodeListBytesMax,
  })
  if (!Array.isArray(value) || !value.every((entry) => typeof entry === 'string')) {
    throw fail('ERR_CODEC_JSON', { what: 'The list', why: 'it is no array of texts' })
  }
  return value.filter((entry) => entry.trim() !== '')
}
