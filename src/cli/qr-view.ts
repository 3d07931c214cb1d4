import { text, type View } from './outcome.ts'

/** A text as a QR code that fits a terminal, two rows of it to a line. */
export async function qrView(content: string): Promise<View> {
  const { renderUnicodeCompact } = await import('uqr')
  return text(renderUnicodeCompact(content))
}
