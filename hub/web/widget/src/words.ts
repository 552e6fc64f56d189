/** What the widget says, in the languages it speaks. A channel may word some of it itself. */

import type { About } from './types'

const en = {
  title: 'Chat with us',
  greeting: 'Hi there 👋 How can we help?',
  expect: 'Write to us, we answer right here',
  code: 'Your tracking code:',
  placeholder: 'Write a message…',
  ask_name: 'What may we call you?',
  ask_email: 'Your e-mail address, in case you have to leave?',
  ask_phone: 'Your phone number, in case you have to leave?',
  ask_question: 'What is it about?',
  skip: 'Skip',
  bad_email: 'That does not look like an e-mail address.',
  chat: 'Chat',
  close: 'Close',
  unread: 'unread messages',
  send: 'Send',
  attach: 'Attach a file',
  emoji: 'Emoji',
  remove: 'Remove',
  sound: 'Sound',
  messages: 'Messages',
  typing: 'is writing',
  team: 'Our team',
  you: 'You',
  pending: 'Sending',
  sent: 'Sent',
  read: 'Seen',
  refused: 'Not sent',
  lost: 'Connection lost. What you write is kept and sent later.',
  too_large: 'This file is too large. At most',
  next: 'You are next',
  one: 'About 1 person ahead',
  ahead: 'About # people ahead',
  closed: 'We are closed now.',
  opens: 'Open again:',
  today: 'Today',
  yesterday: 'Yesterday',
  between: ' · ',
}

export type Words = typeof en

const fa: Words = {
  title: 'گفت‌وگو با ما',
  greeting: 'سلام 👋 چطور می‌توانیم کمک کنیم؟',
  expect: 'بنویسید، همین‌جا پاسخ می‌دهیم',
  code: 'کد پیگیری شما:',
  placeholder: 'پیام خود را بنویسید…',
  ask_name: 'شما را به چه نامی صدا کنیم؟',
  ask_email: 'نشانی ایمیل شما، اگر ناچار شدید بروید؟',
  ask_phone: 'شماره تلفن شما، اگر ناچار شدید بروید؟',
  ask_question: 'موضوع چیست؟',
  skip: 'رد شدن',
  bad_email: 'این نشانی ایمیل درست به نظر نمی‌رسد.',
  chat: 'گفت‌وگو',
  close: 'بستن',
  unread: 'پیام خوانده‌نشده',
  send: 'فرستادن',
  attach: 'پیوست پرونده',
  emoji: 'شکلک',
  remove: 'حذف',
  sound: 'صدا',
  messages: 'پیام‌ها',
  typing: 'در حال نوشتن است',
  team: 'گروه ما',
  you: 'شما',
  pending: 'در حال ارسال',
  sent: 'فرستاده شد',
  read: 'دیده شد',
  refused: 'فرستاده نشد',
  lost: 'ارتباط قطع شد. نوشته‌های شما می‌ماند و بعد فرستاده می‌شود.',
  too_large: 'این پرونده بزرگ است. حداکثر',
  next: 'نوبت بعدی شماست',
  one: 'حدود ۱ نفر جلوتر از شما',
  ahead: 'حدود # نفر جلوتر از شما',
  closed: 'اکنون بسته‌ایم.',
  opens: 'بازگشایی:',
  today: 'امروز',
  yesterday: 'دیروز',
  between: '، ', // a dot looks like a zero
}

const LANGUAGES: Record<string, Words> = { en, fa }

/** The words of a language tag, with the channel's own over them. */
export function words(language: string, { title, texts }: About): Words {
  const base = language.split('-')[0] ?? ''
  const ours = LANGUAGES[base] ?? en
  const own = texts[language] ?? texts[base]
  const name = own?.['title'] || title
  return { ...ours, ...own, ...(name && { title: name, team: name }) }
}

/** Whether a language is written from right to left. */
export const isRtl = (language: string): boolean => /^(fa|ar|he|ur|ps|ckb|ug|yi)\b/.test(language)
