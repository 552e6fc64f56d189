/** Persian words of a hub on hold and of what it forgets. */
import type { nights as English } from './en'

export const nights: typeof English = {
  hold: {
    title: 'متوقف',
    restored: (when) => `از نسخهٔ پشتیبان ${when} بازیابی شده است.`,
    copy: 'به‌عنوان یک رونوشت راه‌اندازی شده است.',
    still: 'هیچ پیامی خودبه‌خود دریافت یا ارسال نمی‌شود و پاسخ خودکار نمی‌گیرد.',
    waiting: (_, shown) => `${shown} پیام در انتظار تصمیم شماست.`,
    end: 'مدیر با این دستور آن را به کار می‌اندازد:',
    command: 'hub release',
  },
  retention: {
    title: 'هر چیز تا کی نگه داشته می‌شود',
    intro: 'گفت‌وگوها و شمارش‌های بالا می‌مانند. آنچه قدیمی‌تر است، خودبه‌خود و در پس‌زمینه پاک می‌شود.',
    keep: { raw: 'متن دست‌نخوردهٔ آنچه از سرویس‌ها رسیده', events: 'رویدادهایی که صفحه‌های باز دنبال می‌کنند', exchanges: 'پاسخ سرویس‌ها به هر بار ارسال' },
    days: (_, shown) => `${shown} روز`,
    gone: 'تا امروز پاک شده',
    none: 'هنوز چیزی آن‌قدر قدیمی نشده است.',
    what: {
      raw: 'متن درخواست', files: 'پیوستِ جداشده از ایمیل', events: 'رویداد', exchanges: 'پاسخ سرویس',
      blobs: 'فایل بی‌صاحب', strays: 'فایل پاک‌شده از دیسک', claims: 'نشان صف اضطراری',
    },
    last: (shown, when) => `${shown} مورد آن ${when}`,
    held: (_, shown) => `${shown} درخواست بیش از موعد نگه داشته شده`,
    failed: 'ناموفق بوده و هنوز رسیدگی نشده است',
  },
}
