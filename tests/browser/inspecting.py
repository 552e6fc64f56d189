"""Questions to a page that are asked of every element at once, inside the browser."""

from __future__ import annotations

import re
from typing import Any

from playwright.async_api import Page

_VISIBLE = """
const visible = element => {
  const style = getComputedStyle(element), box = element.getBoundingClientRect()
  return style.visibility !== 'hidden' && style.display !== 'none' && box.width > 0 && box.height > 0
}
const clipped = element => {
  const box = element.getBoundingClientRect()
  return box.width <= 1 || box.height <= 1 || !!element.closest('.hidden-text')
}
const texts = function* () {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const node = walker.currentNode, parent = node.parentElement
    if (node.data.trim() && visible(parent) && !parent.closest('script, style, noscript')) yield node
  }
}
"""

_FOREIGN = """() => {
  // What people wrote, names, addresses and code stay as they are.
  const theirs = '[dir=auto], [dir=ltr], [lang=en]:not(html), bdi, kbd, code, [aria-hidden=true]'
  const odd = text => /[A-Za-z]{2,}|[0-9]/.test(text)
  const found = []
  for (const node of texts()) {
    if (odd(strip(node.data)) && !node.parentElement.closest(theirs)) found.push(node.data.trim())
  }
  for (const element of document.querySelectorAll('[aria-label], [title], [placeholder], [alt]')) {
    if (!visible(element) || element.closest('[dir=ltr]')) continue
    for (const name of ['aria-label', 'title', 'placeholder', 'alt']) {
      const text = element.getAttribute(name)
      if (text && odd(strip(text))) found.push(`${name}: ${text}`)
    }
  }
  return found
}"""

_UNNAMED = """() => {
  const name = element => {
    const labelled = (element.getAttribute('aria-labelledby') ?? '').split(' ')
      .map(id => document.getElementById(id)?.textContent ?? '').join('')
    const labels = [...(element.labels ?? [])].map(label => label.textContent).join('')
    const images = [...element.querySelectorAll('[aria-label], img[alt]')]
      .map(inside => inside.getAttribute('aria-label') ?? inside.alt).join('')
    return (element.getAttribute('aria-label') ?? '') + labelled + labels + images
      + (element.matches('input, textarea') ? '' : element.textContent) + (element.title ?? '')
  }
  const what = 'button, a[href], input:not([type=hidden]), textarea, select, iframe, [role=dialog], '
    + '[role=button], [role=menuitem], [role=option], [role=radio], [role=combobox], [tabindex="0"]'
  return [...document.querySelectorAll(what)]
    .filter(element => visible(element) && !element.closest('[aria-hidden=true]') && !name(element).trim())
    .map(element => element.outerHTML.slice(0, 160))
}"""

_OVERFLOW = """() => {
  const wide = document.documentElement.clientWidth
  const found = []
  if (document.documentElement.scrollWidth > wide) found.push(`the page: ${document.documentElement.scrollWidth}`)
  for (const element of document.querySelectorAll('button, a, input, textarea, h1, h2, article')) {
    const box = element.getBoundingClientRect()
    if (!visible(element) || clipped(element) || element.closest('[class*=skip]')) continue
    if (['auto', 'scroll'].includes(getComputedStyle(element.parentElement).overflowX)) continue  // moved sideways
    if (box.left < -1 || box.right > wide + 1) found.push(element.outerHTML.slice(0, 160))
  }
  return found
}"""

# WCAG 2.2: relative luminance and contrast of each text against what is painted behind it.
_CONTRASTS = """least => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true})
  const rgba = colour => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1)
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data
    return [r, g, b, a / 255]
  }
  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1]
  const light = colour => {
    const [r, g, b] = colour.slice(0, 3).map(value => {
      const share = value / 255
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const behind = element => {
    const layers = []
    for (let at = element; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor)
      if (colour[3] > 0) layers.push(colour)
      if (colour[3] === 1) break
    }
    const scheme = document.documentElement.dataset.mantineColorScheme
    return layers.reduceRight((below, layer) => over(layer, below), scheme === 'dark' ? [20, 20, 20] : [255, 255, 255])
  }
  const faded = element => {
    let share = 1
    for (let at = element; at; at = at.parentElement) share *= Number(getComputedStyle(at).opacity)
    return share
  }
  const found = []
  for (const node of texts()) {
    const element = node.parentElement
    if (clipped(element) || element.closest(':disabled, [data-disabled], [aria-disabled=true], [class*=faded]')) continue
    const style = getComputedStyle(element), ground = behind(element)
    const [r, g, b, a] = rgba(style.color)
    const ink = over([r, g, b, a * faded(element)], ground)
    const [low, high] = [light(ink), light(ground)].sort((x, y) => x - y)
    const ratio = (high + 0.05) / (low + 0.05)
    const large = parseFloat(style.fontSize) >= 24
    if (ratio < (large ? 3 : least)) found.push(`${ratio.toFixed(2)} ${node.data.trim().slice(0, 40)}`)
  }
  return [...new Set(found)]
}"""


_SETTLED = """() => Promise.all(document.getAnimations()
  .filter(one => one.effect.getComputedTiming().endTime < 1000).map(one => one.finished.catch(() => 0)))"""


async def _ask(page: Page, question: str, *more: Any) -> list[str]:
    await page.evaluate(_SETTLED)
    head, arrow, body = question.partition("=> {")
    found: list[str] = await page.evaluate(head + arrow + _VISIBLE + body, *more)
    return found


async def foreign(page: Page, *names: str) -> list[str]:
    """Visible words in Latin letters or digits outside of what people wrote.

    Addresses, numbers of telephones and ``names`` may stand within a sentence.
    """
    known = "|".join([r"\S+@\S+", r"\+[\d -]+", *map(re.escape, names)])
    strip = f"const strip = text => text.replace(/{known}/g, '')\n"
    head, arrow, body = _FOREIGN.partition("=> {")
    found: list[str] = await page.evaluate(head + arrow + _VISIBLE + strip + body)
    return found


async def unnamed(page: Page) -> list[str]:
    """What can be used but says nothing to a screen reader."""
    return await _ask(page, _UNNAMED)


async def overflow(page: Page) -> list[str]:
    """What stands out of the screen sideways."""
    return await _ask(page, _OVERFLOW)


async def contrasts(page: Page, least: float) -> list[str]:
    """Texts whose contrast is below ``least`` (3 for large ones)."""
    return await _ask(page, _CONTRASTS, least)
