"""What the doctor says, in English and Persian."""

from __future__ import annotations

from typing import Final

from routing.explain.say import Sentence

SENTENCES: Final = {
    "settings": Sentence(
        "The settings can work; the world calls this hub {url}.",
        "تنظیمات درست است؛ نشانی این سامانه برای بیرون {url} است.",
    ),
    "local_url": Sentence(
        "The public address is {url}: only this machine can call it.",
        "نشانی عمومی {url} است: فقط همین دستگاه به آن می‌رسد.",
    ),
    "local_url_todo": Sentence(
        "Set hub.public_url (HUB_PUBLIC_URL) to the address that providers and browsers use.",
        "در hub.public_url (HUB_PUBLIC_URL) نشانی‌ای بگذارید که فراهم‌کنندگان و مرورگرها می‌بینند.",
    ),
    "plain_http": Sentence(
        "The public address {url} is not https: passwords and messages travel in clear.",
        "نشانی عمومی {url} رمزنگاری‌شده نیست: گذرواژه‌ها و پیام‌ها آشکار رد و بدل می‌شوند.",
    ),
    "plain_http_todo": Sentence(
        "Put a reverse proxy with TLS in front and set hub.public_url to its https address.",
        "یک پراکسی معکوس با TLS جلوی آن بگذارید و hub.public_url را نشانی https آن کنید.",
    ),
    "no_proxies": Sentence(
        "No reverse proxy is believed: all callers seem to have the proxy's address, and share its "
        "rate limits.",
        "هیچ پراکسی معکوسی معتبر شمرده نمی‌شود: همه با نشانی پراکسی دیده می‌شوند و سقف مشترک دارند.",
    ),
    "no_proxies_todo": Sentence(
        "Name it in limits.proxies (HUB_PROXIES), such as 127.0.0.1.",
        "آن را در limits.proxies (HUB_PROXIES) نام ببرید، مثلاً 127.0.0.1.",
    ),
    "open_key": Sentence(
        "Others on this machine can read the key file {path}.",
        "دیگر کاربران این دستگاه می‌توانند پروندهٔ کلید {path} را بخوانند.",
    ),
    "open_key_todo": Sentence("chmod 600 {path}", "chmod 600 {path}"),
    "key": Sentence("Only this user can read the key file.", "فقط همین کاربر پروندهٔ کلید را می‌خواند."),
    "hold": Sentence(
        "This hub is on hold: it fetches and sends nothing.",
        "این سامانه نگه داشته شده است: چیزی نمی‌گیرد و نمی‌فرستد.",
    ),
    "hold_todo": Sentence(
        "If it is not a copy: hub release shows what waits and ends the hold.",
        "اگر نسخه‌ای از سامانهٔ دیگر نیست: hub release آنچه مانده را نشان می‌دهد و آن را آزاد می‌کند.",
    ),
    "store": Sentence(
        "The store ({engine}) was written in {ms} ms.",
        "نوشتن در پایگاه داده ({engine}) {ms} میلی‌ثانیه زمان برد.",
    ),
    "store_slow": Sentence(
        "The store ({engine}) took {ms} ms to write.",
        "نوشتن در پایگاه داده ({engine}) {ms} میلی‌ثانیه زمان برد.",
    ),
    "store_slow_todo": Sentence(
        "Look at the disk's load and at other programs that use it.",
        "بار دیسک و برنامه‌های دیگری را که با آن کار می‌کنند ببینید.",
    ),
    "store_none": Sentence("There is no store of a hub at {at}.", "در {at} پایگاه داده‌ای از سامانه نیست."),
    "store_none_todo": Sentence(
        "Is HUB_DATA (or HUB_DATABASE) the one that is meant? A first hub serve makes a store.",
        "آیا HUB_DATA (یا HUB_DATABASE) همان است که باید باشد؟ نخستین hub serve پایگاه داده را می‌سازد.",
    ),
    "store_bad": Sentence(
        "The store cannot be written: {words}.", "در پایگاه داده نمی‌توان نوشت: {words}."
    ),
    "store_bad_todo": Sentence(
        "Until it can, webhooks wait in the spool or are answered 503. Look at its disk and server.",
        "تا آن زمان وب‌هوک‌ها در نوبت می‌مانند یا پاسخ ۵۰۳ می‌گیرند. دیسک و سرور آن را ببینید.",
    ),
    "disk": Sentence("{free} free at {path}.", "{free} آزاد در {path}."),
    "disk_low": Sentence("Only {free} free at {path}.", "فقط {free} آزاد در {path}."),
    "disk_low_todo": Sentence(
        "Make room: with less than {reserve} the hub takes nothing in. hub retention says what is "
        "kept for how long.",
        "جا باز کنید: با کمتر از {reserve} سامانه چیزی نمی‌پذیرد. hub retention می‌گوید چه چیز تا کی "
        "نگه داشته می‌شود.",
    ),
    "disk_full": Sentence(
        "Only {free} free at {path}: nothing is taken in.",
        "فقط {free} آزاد در {path}: چیزی پذیرفته نمی‌شود.",
    ),
    "disk_full_todo": Sentence(
        "Make room now: providers are told 503 until there is {reserve}.",
        "همین حالا جا باز کنید: تا {reserve} آزاد نشود فراهم‌کنندگان پاسخ ۵۰۳ می‌گیرند.",
    ),
    "spool": Sentence(
        "{n} requests are acknowledged and wait in the spool to be filed.",
        "{n} درخواست پذیرفته شده و در نوبت ثبت است.",
    ),
    "spool_todo": Sentence(
        "They are filed once the store can be written and their channel is open.",
        "به‌محض اینکه بتوان در پایگاه داده نوشت و کانالشان باز باشد ثبت می‌شوند.",
    ),
    "spool_damaged": Sentence(
        "{n} files of the spool are damaged and cannot be filed: {path}.",
        "{n} پروندهٔ نوبت آسیب دیده و ثبت‌شدنی نیست: {path}.",
    ),
    "spool_damaged_todo": Sentence(
        "Look into the files ending in .damaged and check the disk.",
        "پرونده‌هایی را که به .damaged ختم می‌شوند ببینید و دیسک را بررسی کنید.",
    ),
    "clock": Sentence("The clock agrees with {what}.", "ساعت با {what} می‌خواند."),
    "clock_back": Sentence(
        "The clock stands {span} before the newest thing in the store.",
        "ساعت {span} از تازه‌ترین رویداد پایگاه داده عقب‌تر است.",
    ),
    "clock_off": Sentence(
        "The clock differs by {span} from that of {what}.", "ساعت {span} با ساعت {what} فرق دارد."
    ),
    "clock_back_todo": Sentence(
        "Set it by NTP (timedatectl set-ntp true), then start the hub again.",
        "آن را با NTP تنظیم کنید (timedatectl set-ntp true) و سامانه را از نو آغاز کنید.",
    ),
    "clock_off_todo": Sentence(
        "Set it by NTP (timedatectl set-ntp true): signatures, codes and promises go by it.",
        "آن را با NTP تنظیم کنید (timedatectl set-ntp true): امضاها، کدها و تعهدها به آن وابسته‌اند.",
    ),
    "channel": Sentence("{name} answers.", "{name} پاسخ می‌دهد."),
    "channel_bad": Sentence("{name} cannot be used: {words}.", "{name} کار نمی‌کند: {words}."),
    "channel_bad_todo": Sentence(
        "Its state is {state}. Mend what it says, then: hub check",
        "وضعیتش {state} است. ایراد را برطرف کنید، سپس: hub check",
    ),
    "no_channels": Sentence("There are no channels.", "هیچ کانالی نیست."),
    "no_channels_todo": Sentence(
        "Write them into a file and: hub apply FILE", "آن‌ها را در پرونده‌ای بنویسید و: hub apply FILE"
    ),
    "signature_off": Sentence(
        "{name} does not check signatures: anybody can post as the provider.",
        "{name} امضاها را بررسی نمی‌کند: هر کسی می‌تواند خود را فراهم‌کننده جا بزند.",
    ),
    "signature_off_todo": Sentence(
        "Set signature: enforce for it.", "برایش signature: enforce بگذارید."
    ),
    "signature_report": Sentence(
        "{name} only reports wrong signatures and lets the messages in.",
        "{name} امضای نادرست را فقط گزارش می‌کند و پیام را می‌پذیرد.",
    ),
    "signature_report_todo": Sentence(
        "Once none is reported any more: signature: enforce",
        "وقتی دیگر گزارشی نبود: signature: enforce",
    ),
    "token_bad": Sentence(
        "The access of {name} could not be renewed: {words}.",
        "دسترسی {name} تمدید نشد: {words}.",
    ),
    "token_bad_todo": Sentence(
        "Give it anew: hub channel authorize {name}", "از نو بدهید: hub channel authorize {name}"
    ),
    "token_old": Sentence(
        "The access of {name} has expired and was not renewed.",
        "دسترسی {name} به پایان رسیده و تمدید نشده است.",
    ),
    "token_old_todo": Sentence(
        "Give it anew: hub channel authorize {name}", "از نو بدهید: hub channel authorize {name}"
    ),
    "missing": Sentence(
        "{n} mails stand in the mailbox of {name} and not in the store.",
        "{n} نامه در صندوق {name} هست و در پایگاه داده نیست.",
        one="1 mail stands in the mailbox of {name} and not in the store.",
    ),
    "missing_todo": Sentence(
        "They are fetched by themselves; if their number stays, look at the log of the channel.",
        "خودبه‌خود گرفته می‌شوند؛ اگر شمارشان همان ماند، گزارش کانال را ببینید.",
    ),
    "leaving": Sentence("Nothing waits to leave.", "چیزی در صف فرستادن نیست."),
    "leaving_some": Sentence(
        "{n} parts wait to leave, the oldest for {span} ({name}).",
        "{n} بخش در صف فرستادن است، قدیمی‌ترین از {span} پیش ({name}).",
        one="1 part waits to leave, for {span} ({name}).",
    ),
    "leaving_late": Sentence(
        "{n} parts wait to leave by {name}, the oldest for {span}.",
        "{n} بخش منتظر فرستاده‌شدن با {name} است، قدیمی‌ترین از {span} پیش.",
        one="1 part waits to leave by {name}, for {span}.",
    ),
    "leaving_late_todo": Sentence(
        "hub trace shows what the provider answers; hub check whether it can be reached.",
        "hub trace پاسخ فراهم‌کننده را نشان می‌دهد و hub check می‌گوید در دسترس هست یا نه.",
    ),
    "unknown": Sentence(
        "Of {n} parts sent by {name} nobody knows whether they arrived.",
        "رسیدن {n} بخش فرستاده‌شده با {name} نامعلوم است.",
        one="Of 1 part sent by {name} nobody knows whether it arrived.",
    ),
    "unknown_todo": Sentence(
        "Their agents see them; each is sent again, or not, by a person.",
        "کارشناسان آن‌ها را می‌بینند؛ دوباره فرستادن هر یک با یک انسان است.",
    ),
    "routed": Sentence("Nothing waits to be routed.", "چیزی در انتظار تقسیم نیست."),
    "routed_some": Sentence(
        "{n} turns wait for somebody, the oldest for {span} in {queue}.",
        "{n} نوبت منتظر کسی است، قدیمی‌ترین از {span} پیش در {queue}.",
        one="1 turn waits for somebody, for {span} in {queue}.",
    ),
    "routed_late": Sentence(
        "{n} turns wait for somebody, the oldest for {span} in {queue}.",
        "{n} نوبت منتظر کسی است، قدیمی‌ترین از {span} پیش در {queue}.",
        one="1 turn waits for somebody, for {span} in {queue}.",
    ),
    "routed_late_todo": Sentence(
        "hub explain {id} says why. Often nobody of that queue is available.",
        "hub explain {id} دلیل را می‌گوید. بیشتر وقت‌ها کسی از آن صف آماده نیست.",
    ),
    "answers": Sentence(
        "An automatic answer waits for {span} to be written.",
        "پاسخ خودکاری از {span} پیش در انتظار نوشته‌شدن است.",
    ),
    "answers_todo": Sentence(
        "Look at the log for “answerer”; start the hub again if it says nothing.",
        "در گزارش «answerer» را ببینید؛ اگر چیزی نبود سامانه را از نو آغاز کنید.",
    ),
    "swept": Sentence(
        "Every piece of work was announced; the safety sweep found nothing.",
        "همهٔ کارها اعلام شده بودند؛ جاروی ایمنی چیزی نیافت.",
    ),
    "swept_some": Sentence(
        "Since its start the safety sweep found {n} pieces of work that nothing had announced.",
        "از آغاز کار، جاروی ایمنی {n} کار یافت که اعلام نشده بودند.",
    ),
    "swept_some_todo": Sentence(
        "They were done, late. It is a mistake in the hub: report it with the log.",
        "انجام شدند، اما دیر. این ایراد سامانه است: با گزارش آن را خبر دهید.",
    ),
    "broken": Sentence(
        "Since its start {n} figures of routing did not add up and were corrected.",
        "از آغاز کار، {n} شمارش تقسیم با هم نخواند و درست شد.",
    ),
    "broken_todo": Sentence(
        "It is a mistake in the hub: report it with the log.",
        "این ایراد سامانه است: با گزارش آن را خبر دهید.",
    ),
    "ledger": Sentence(
        "The ledger closes: {n} events came in, each in one state.",
        "دفتر تراز است: {n} رویداد رسیده، هر یک در یک وضعیت.",
        one="The ledger closes: 1 event came in, in one state.",
    ),
    "ledger_big": Sentence(
        "The ledger is too large to be counted in a moment.",
        "دفتر بزرگ‌تر از آن است که در یک آن شمرده شود.",
    ),
    "ledger_open": Sentence(
        "The ledger does not close: its counters differ from its rows in {states}.",
        "دفتر تراز نیست: شمارنده‌ها با سطرها در {states} فرق دارند.",
    ),
    "ledger_open_todo": Sentence(
        "Take a backup, and report it: nothing may count twice or not at all.",
        "پشتیبان بگیرید و خبر دهید: هیچ چیز نباید دو بار یا هیچ بار شمرده شود.",
    ),
    "failed": Sentence(
        "{n} events could not be filed and are kept.", "{n} رویداد ثبت نشد و نگه داشته شده است.",
        one="1 event could not be filed and is kept.",
    ),
    "failed_todo": Sentence(
        "Admin, Ledger shows why; replay them once that is mended.",
        "در مدیریت، دفتر رویدادها دلیل را ببینید؛ پس از رفع ایراد دوباره بخوانیدشان.",
    ),
    "blobs": Sentence("The newest files are all there.", "تازه‌ترین پرونده‌ها همه هستند."),
    "blobs_missing": Sentence(
        "{n} of the newest files are missing in {path}.",
        "{n} تا از تازه‌ترین پرونده‌ها در {path} نیست.",
        one="1 of the newest files is missing in {path}.",
    ),
    "blobs_missing_todo": Sentence(
        "Copy that folder back from a backup.", "آن پوشه را از پشتیبان برگردانید."
    ),
}  # fmt: skip
