/** Persian words of who is who; part of the catalogue. */
import type { person as en } from './en'

export const person: typeof en = {
  same: {
    action: 'همان شخص است با…',
    title: 'یک شخص‌اند',
    find: 'نام، نشانی، شماره یا کد پیگیری',
    lead: 'این شخص را با چه نام یا نشانی دیگری می‌شناسید؟',
    none: 'کس دیگری پیدا نشد.',
    one: 'این‌جا',
    other: 'و',
    how: 'از کجا می‌دانید؟',
    howHint: 'با همان شماره‌ای تماس گرفت که در نامه‌اش بود',
    effect: 'یک خط زمانی و یک فهرست موضوع، هم‌اکنون روی همه‌ی صفحه‌ها. هر زمان می‌توانید پسش بگیرید.',
    join: 'یک شخص‌اند',
    joined: 'اکنون یک شخص‌اند',
    parted: 'دوباره دو شخص‌اند',
    together: 'یکی شده با',
    takeBack: 'پس بگیر',
    takeBackFrom: (name: string): string => `پس گرفتن یکی بودن با ${name}`,
    sure: (name: string): string => `${name} دوباره شخص دیگری می‌شود، با خط زمانی و موضوع‌های خودش.`,
    keep: 'بماند',
    byAgent: (by: string, words: string): string => [by, words].filter(Boolean).join(': '),
    byCode: (address: string): string => `با کدی که به ${address} رفت`,
    bySignature: 'سایت ورودشان را امضا کرده',
  },

  claim: {
    more: (label: string): string => `کارهای ممکن با این ${label}`,
    sendCode: 'فرستادن کد به آنجا',
    sendAgain: 'فرستادن کد تازه',
    know: 'می‌دانم از آنِ اوست…',
    sent: (channel: string): string => `کدی از راه ${channel} فرستاده شد. همین‌که این‌جا بنویسندش یا به شما بگویند، نشانی ثابت می‌شود.`,
    code: 'کدی که می‌گویند',
    check: 'بررسی',
    proven: 'از آنِ اوست: با کد ثابت شد',
    wrong: 'کد دیگری است.',
    spent: 'بارها آزموده شد. کد تازه بفرستید.',
    expired: 'زمان کد گذشته است. کد تازه بفرستید.',
    none: 'کدی فرستاده نشده.',
    how: 'از کجا می‌دانید از آنِ اوست؟',
    howHint: 'شماره‌ی فاکتوری را که به آنجا رفته بود خواند',
    confirm: 'از آنِ اوست',
    hidden: 'این نشانی از آنِ مشتری تیم دیگری است. از آن‌ها بپرسید یا کد بفرستید.',
    elsewhere: 'فقط تیم دیگری با این شخص موضوع دارد. از همان تیم بپرسید.',
    confirmed: 'به نام او ثبت شد؛ گفته‌ی شما در سیاهه‌ی بازرسی می‌ماند',
    byCode: 'با کد ثابت شده',
    byAgent: 'به گواهی یک همکار',
  },

  tracking: {
    label: 'کد پیگیری',
    copy: 'رونوشت از کد پیگیری',
    names: (code: string): string => `کد پیگیری ${code} را نوشته‌اند`,
    of: (name: string, subject: string): string => (subject ? `موضوعی با ${name}: ${subject}` : `موضوعی با ${name}`),
    hidden: 'موضوعی نزد گروه دیگر',
    open: 'باز کردن',
    move: 'به آنجا برود',
  },

  find: {
    hint: 'نام، نشانی، چهار رقم آخر، کد پیگیری، موضوع',
    hidden: 'موضوعی نزد گروه دیگر',
  },

  lines: {
    asked: (by: string, address: string): string => `${by || 'مرکز'} کدی به ${address} فرستاد`,
    code: (address: string): string => `${address} از آنِ اوست: با کد ثابت شد`,
    agent: (by: string, address: string): string => `${by || 'مرکز'} می‌داند که ${address} از آنِ اوست`,
  },
}
