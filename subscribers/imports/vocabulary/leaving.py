"""How many languages speak of leaving, of wishes for nothing, and of an end."""

from subscribers.imports.vocabulary.speech import Speech, phrases

_LEAVING = {
    "en": "unsub, un subscr, opt out, opted out, opting out, do not allow, nomail, undeliverable, deceased, resigned",
    "de": (
        "abgemeldet, ausgetragen, abbestellt, ausgetreten, verstorben, ehemalig, werbesperre, mailsperre, "
        "werbewiderspruch, ausgeschieden, kein versand, keine werbung, letztes heft, letzte ausgabe"
    ),
    "fr": (
        "désinscri, desinscri, désabonn, desabonn, désabonné, décédé, ne plus, ne pas envoyer, résilié, "
        "résiliation, démission, radié"
    ),
    "es": (
        "dado de baja, dada de baja, desuscri, cancelad, cancelación, fallecid, darse de baja, se dio de baja, "
        "no desea, no quiere recibir, desapuntad"
    ),
    "ca": "donat de baixa, donada de baixa, cancel lat",
    "it": "disiscri, cancellat, cancellazione, revocat, recesso, disdett, decedut, deceduto, non desidera",
    "pt": "descadastr, cancelou, cancelad, cancelamento, desinscri, falecid, saiu da, removid, não deseja",
    "nl": "uitgeschreven, uitschrijv, afgemeld, afmeld, opgezegd, opzeg, overleden, geen mail, geen nieuwsbrief",
    "pl": "wypisan, wypisał, wypisz, zrezygnował, rezygnac, usunięt, odsubskryb, nie wysyłać, zmarł, wycofan",
    "sv": "avprenumerer, avregistrer, avslutad, avanmäl, avanmal, avliden, uppsagd, vill inte, blockerad, borttagen",
    "da": "afmeldt, afmeld, frameld, opsagt, afsluttet, afdød, udmeldt, blokeret, fjernet, ønsker ikke",
    "no": "avmeldt, avmeld, oppsagt, avsluttet, utmeldt, avdød, blokkert, fjernet, ønsker ikke",
    "fi": (
        "peruttu, perunut, peruutt, poistettu, poistunut, eronnut, kuollut, estetty, ei halua, irtisanot, lopettanut"
    ),
    "is": "afskrá, hætt áskrift",
    "cs": (
        "odhlášen, odhlásil, odhlaš, odhlas, odregistr, zrušen, zrušil, vyřazen, zablokov, nezasílat, neposílat, "
        "zemřel, nepřeje"
    ),
    "sk": "odhlásen, odhlásil, odhlás, zrušen, zrušil, vyraden, zablokov, neposielať, nezasielať, zomrel, neželá",
    "hu": "leiratkoz, lemond, törölt, törölve, letilt, kilépett, kilépés, megszűn, elhunyt, nem kér, inaktív, tiltott",
    "ro": (
        "dezabon, dezabonat, dezinscri, anulat, anulare, renunț, șters, ieșit, decedat, blocat, nu mai dorește, "
        "nu dorește"
    ),
    "tr": (
        "abonelikten çık, abonelikten ayrıl, aboneliği iptal, iptal, ayrıldı, ayrılma, çıkış, listeden çık, "
        "engelle, silindi, pasif, istemiyor, vefat, çıktı"
    ),
    "hr, sr, sl": (
        "odjavljen, odjava, odjavio, odjavila, odjavi, otkazan, otkazao, odjavlj, preminu, ispisan, ne želi, "
        "одјављен, одјава, отказан"
    ),
    "et": "loobunud, tellimuse lõpet, tühistat, eemaldat",
    "lv": "atrakstīj, anulē, atteic",
    "lt": "atsisak, atšauk, išsiregistr, atšaukt",
    "el": (
        "διαγράφηκε, διαγραφή, διαγραμμέν, απεγγραφή, απεγγράφηκε, κατάργηση, ανενεργ, αποχώρη, αποβιώσ, ακύρωσ, "
        "ακυρώθηκε, δεν επιθυμεί"
    ),
    "ru": (
        "отписа, отписк, отпис, отказал, отказ от, удалён, удален, выбыл, вышел, исключ, заблокир, неактив, "
        "не писать, не отправлять, не беспокоить, не хочет, умер, аннулир, расторг, прекращ"
    ),
    "uk": (
        "відписа, відписк, відмов, видален, вибув, вибула, вийшов, вийшла, виключен, заблокован, неактивн, "
        "не писати, не надсилати, не турбувати, скасован, помер, припинен"
    ),
    "bg": "отписан, отказал, изтрит, прекратен, отказан, блокиран, неактив, не желае",
    "fa": (
        "انصراف, لغو, خارج شده, خارج شد, خروج, حذف شده, حذف از, غیر فعال, غیرفعال, مسدود, ترک کرده, ترک کرد, "
        "کناره گیری, ارسال نشود, نمی خواهد, نمیخواهد, نخواسته, عدم تمایل, عدم ارسال, بدون ایمیل, برگشت خورده, "
        "پایان عضویت, پایان اشتراک, قطع اشتراک, استعفا, فوت شده, فوت کرده, تمایل ندارد, منصرف, بی اعتبار"
    ),
    "ar": (
        "ألغى, الغى, إلغاء, الغاء, ملغى, ملغي, ملغاة, انسحب, انسحاب, غير نشط, غير مشترك, محظور, محذوف, حذف, مغادر, "
        "غادر, توقف, متوفى, لا يرغب, لا ترسل, عدم الإرسال, مرتد, متوقف, أوقف"
    ),
    "he": "הוסר, הסרה, הסיר, הוסרה, ביטל, בוטל, ביטול, לא פעיל, חסום, עזב, נמחק, לא מעוניין, לא לשלוח, נפטר, הופסק",
    "zh": (
        "退订, 退訂, 取消, 停止, 停用, 退出, 拒收, 拒绝, 拒絕, 注销, 註銷, 黑名单, 黑名單, 屏蔽, 封鎖, 封锁, 失效, "
        "无效, 無效, 删除, 刪除, 离开, 離開, 不再, 去世, 终止, 終止, 不接收, 不接受, 未订阅, 未訂閱, 退信, 解除, "
        "已故, 禁用, 已过期, 已過期, 投诉"
    ),
    "ja": (
        "配信停止, 停止, 解除, 退会, 解約, 登録解除, 配信拒否, 拒否, 購読中止, 中止, 不要, 削除, 無効, 除外, "
        "ブロック, キャンセル, オプトアウト, 配信不可, 不達, エラー, 脱退, 死亡, 配信しない, 送らない, 希望しない, "
        "未購読, 取消, ブラックリスト, バウンス, 終了, 購読解除"
    ),
    "ko": (
        "수신거부, 수신 거부, 거부, 해지, 구독취소, 구독 취소, 취소, 탈퇴, 차단, 삭제, 비활성, 중단, 중지, 반송, "
        "종료, 미동의, 비동의, 동의안함, 동의 안, 사망, 원하지 않, 발송제외, 제외, 휴면, 정지, 철회, 무효, 안 받"
    ),
    "vi": (
        "hủy, huỷ, từ chối, ngừng, đã rời, rời khỏi, chặn, đã xóa, đã xoá, không nhận, không gửi, không muốn, "
        "không hoạt động, đã mất, dừng, bỏ theo dõi, rút khỏi, ngưng"
    ),
    "id, ms": (
        "berhenti, batal, dibatalkan, sudah keluar, telah keluar, tanggal keluar, nonaktif, non aktif, tidak aktif, "
        "diblokir, dihapus, tidak mau, tidak ingin, jangan, menolak, ditolak, mengundurkan, meninggal, "
        "tidak berlangganan, nyahlanggan, henti langgan"
    ),
    "hi": (
        "सदस्यता समाप्त, सदस्यता रद्द, सदस्यता छोड़, रद्द, समाप्त, निष्क्रिय, हटाया, हटा दिया, हटाए, अवरुद्ध, "
        "छोड़ दिया, छोड़ा, बंद, नहीं चाहते, न भेजें, अनसब्सक्राइब, सदस्यता वापस, ब्लॉक"
    ),
    "bn, ur": "বাতিল, আনসাবস্ক্রাইব, বন্ধ, منسوخ, ان سبسکرائب",
    "th": "ยกเลิก, เลิกติดตาม, เลิกรับ, ไม่รับ, ออกจาก, ถูกลบ, ไม่ใช้งาน, ระงับ, ปฏิเสธ, บล็อก, ลาออก, เสียชีวิต",
    "ka, hy": "გაუქმებულ, გააუქმა, გამოწერის გაუქმება, ապաբաժանորդագր, հրաժարվ",
}
"""By language: words that speak of leaving, in a title and in a cell alike."""

_ENDING = (
    "ended, end date, end on, date end, end of, subscription end, membership end, closed, terminat, until, "
    "valid to, thru, exit, unwanted, unmail, never mail, never email, never send, no contact, no longer, no more, "
    "bad, is bad, dead, died, death, departed, discontinu, drop out, dropped, dropout, quit, gone, leave, leaving, "
    "left, off list, take off, taken off, ceased, resign, former, ex member, invalid, hard fail, kill, exclude, "
    "omit, skip, mute, muted, pause, paused, snooze, don t, dont, donot, does not, do not, will not, no bulk, "
    "no newsletter, no newsletters, no marketing, no emails, refus, decline, object, objection, erasure, forget, "
    "withdr, retract, ende, endet, enddatum, austrittsdatum, beendet, beendigung, kündigung, gekündigt, verzogen, "
    "raus, nicht mehr, "
    "kein newsletter, keine newsletter, keine mails, keine e mails, aus liste, stopp, storno, storniert, parti le, "
    "départ, sortie, arrêt, stop, plus de, fin abonnement, fin d, salida, bloquead, fin de, fecha fin, uscita, "
    "uscito, saída, fim da, einde, beëindig, vertrokken, koniec, zakończ, sluttdato, slutdato, slutdatum, slutat, "
    "sluttet, päättyn, päättym, ukončen, ukončení, vége, încetat, sfârșit, bitiş, sona er, kraj, λήξη, λήξης, "
    "конец, окончан, кінець, закінчен, پایان, انقضا, اتمام, انتهاء, نهاية, סיום, 结束, 結束, 到期, 終了, 만료, "
    "kết thúc, hết hạn, akhir, selesai, अंत, สิ้นสุด"
)
"""Words that speak of an end in a title; in a cell they may speak of anything."""

NEVER = frozenset(
    phrases("""
    never, niemals, nie, jamais, nunca, mai, nooit, aldrig, aldri, ei koskaan, nigdy, nikdy, soha, niciodată, asla,
    hiçbir zaman, никогда, ніколи, никога, ποτέ, هرگز, هیچ وقت, هیچوقت, أبدا, ابدا, לעולם לא, אף פעם, 从不, 從不,
    永不, なし, 受け取らない, 안함, 안 함, 받지 않음, không bao giờ, tidak pernah, कभी नहीं, ไม่เคย, keine, kein,
    aucun, aucune, ninguno, ninguna, nessuno, nessuna, geen, ingen, żaden, žádný, no emails, no email, no mail, stop,
    not at all, zero, gar nicht, garnicht, überhaupt nicht, gar keine, pas du tout, aucune lettre, para nada,
    per niente, de modo nenhum, helemaal niet, wcale, inte alls, slet ikke, ikke i det hele tatt, ei lainkaan, vůbec,
    egyáltalán nem, deloc, hiç, вообще не, вообще никогда, зовсім ні, καθόλου, اصلا, اصلاً, على الإطلاق, בכלל לא
    """)
)
"""Cells of a column of wishes, such as how often, that wish for nothing."""
FLAT = frozenset(
    phrases("""
    inactive, inaktiv, inactif, inactivo, inactiva, inattivo, inattiva, inativo, inativa, inactief, nieaktywny,
    neaktivní, inaktív, inactiv, pasif, неактивен, неактивный, неактивний, stop, stopp, dead, tot, gestorben, lost,
    raus
    """)
)
"""Cells and tags that say so, whatever their column is called."""
WISHES = Speech(
    "frequency, frequenc, preference, how often, cadence, digest, delivery, interval, wanted, häufigkeit, "
    "haeufigkeit, wie oft, turnus, rhythmus, versand, zusendung, fréquence, préférence, envoi, frecuencia, "
    "preferencia, envío, frequenza, preferenz, invio, frequência, preferência, envio, frequentie, voorkeur, "
    "verzending, częstotliwość, preferencj, wysyłk, frekvens, preferens, utskick, utsendelse, tiheys, četnost, "
    "frekvence, gyakoriság, frecvenț, sıklık, tercih, gönderim, učestalost, συχνότητα, προτίμηση, частота, "
    "предпочт, рассылк, розсилк, تناوب, دفعات, ترجیح, ارسال, التكرار, تفضيل, תדירות, העדפ, 频率, 頻率, 偏好, 頻度, "
    "配信, 受信, 빈도, 수신, tần suất, frekuensi, preferensi, आवृत्ति, ความถี่"
)
"""Titles of such columns."""
NONE = frozenset(
    phrases(
        "none, nothing, nichts, keins, rien, nada, niente, niets, nic, ingenting, ничего, нічого, هیچ, لا شيء, 无, 無"
    )
)
"""In columns of wishes these wish for nothing; elsewhere they only say that there is nothing to say."""

_NOTES = (
    "take me off, take her off, take him off, take them off, take off the list, take off list, took off, remove me, "
    "remove from, please remove, removed from, remove her, remove him, remove them, wants out, wants off, "
    "asked to be removed, asked to leave, asked to stop, asked not to, no longer wants, no longer wishes, "
    "no longer interested, no longer a member, no longer reads, no longer subscri, not interested, does not want, "
    "doesn t want, did not want, didn t want, don t want, do not want, doesn t wish, does not wish, "
    "has left the list, has left us, left the list, left list, has left, stop sending, stop emailing, stop mailing, "
    "stop writing, stop e mail, pls remove, plz remove, please stop, no contact, no more mail, no more email, "
    "no more e mail, no more newsletter, no newsletter, don t send, dont send, don t mail, don t email, "
    "don t write, don t contact, do not write, do not send, do not bother, do not disturb, not to be contacted, "
    "not to be mailed, not to be emailed, leave alone, leave me alone, passed away, died, deceased, cancel my, "
    "cancel her, cancel his, cancel the sub, cancel sub, cancelled her, cancelled his, signed off, "
    "complained about, reported as spam, user unknown, mailbox unavailable, mailbox full, mailbox not found, "
    "no such user, address rejected, recipient rejected, does not exist, off the list, off list, gone away, "
    "account closed, moved away no, will keine, will nichts mehr, will nicht, möchte keine, moechte keine, "
    "möchte nicht, möchte nichts, keine mails, keine mail, keine e mail, keine newsletter, keine post, "
    "keinen newsletter, kein newsletter, nicht mehr anschreiben, nicht mehr schicken, nicht mehr senden, "
    "nicht mehr mailen, nicht mehr bekommen, nicht mehr erhalten, nicht mehr kontaktieren, nicht mehr interessiert, "
    "nicht mehr dabei, nichts mehr, bitte streichen, bitte löschen, bitte austragen, bitte abmelden, gestrichen, "
    "von der liste, aus der liste, aus dem verteiler, austragen, abgemeldet, abmelden, abmeldung, gekündigt, "
    "verstorben, unbekannt verzogen, unzustellbar, hat gekündigt, ne veut plus, ne veut pas, ne souhaite plus, "
    "ne souhaite pas, ne plus envoyer, ne plus écrire, ne plus contacter, plus de mail, plus de courriel, "
    "plus d e mail, retirer de la liste, à retirer, a retirer, à supprimer, enlever de la liste, à enlever, décédé, "
    "désinscrire, désabonner, no quiere, no desea, no enviar, no mandar, no recibir, no más, quitar de la lista, "
    "sacar de la lista, borrar de la lista, dar de baja, darse de baja, falleció, no más correos, non vuole, "
    "non desidera, non inviare, togliere dalla lista, togliere dalla, cancellare dalla, da cancellare, "
    "da rimuovere, rimuovere dalla, basta mail, deceduto, não quer, não deseja, não enviar, retirar da lista, "
    "remover da lista, tirar da lista, faleceu, wil geen, wenst geen, niet meer mailen, niet meer sturen, "
    "niet meer ontvangen, wil niet meer, van de lijst, geen mail, geen e mail, geen nieuwsbrief, uitschrijven, "
    "afmelden, nie chce, nie życzy, nie wysyłać, usunąć z listy, wypisać, proszę usunąć, proszę wypisać, vill inte, "
    "vill ej, ta bort, avanmäl, önskar inte, avregistrera, vil ikke, ønsker ikke, slet fra, fjern fra, meld av, "
    "meldt seg av, ei halua, poista listalta, nechce, nepřeje si, nezasílat, vyřadit, odhlásit, nem kér, nem kéri, "
    "töröl, törölni, nu mai vrea, nu vrea, nu dorește, șterge, istemiyor, çıkarın, çıkar, göndermeyin, δεν θέλει, "
    "να διαγραφεί, не хочет, не желает, не присылать, не слать, уберите, убрать из, удалить, просил удалить, "
    "просит удалить, не хоче, не бажає, прибрати, видаліть, видалити, не надсилайте, نمی خواهد, نمیخواهد, حذف شود, "
    "حذف کنید, حذفش کنید, نفرستید, ارسال نشود, ارسال نکنید, دیگر نمی, تمایل ندارد, لا يريد, لا ترسل, لا ترسلوا, "
    "احذف, إزالة, ازالة, לא רוצה, להסיר, תסירו, לא לשלוח, 不想, 不要发, 不要寄, 请删除, 請刪除, 移除, 别发, "
    "不再接收, 配信しない, 送らないで, 送付不要, 受け取りたくない, 外して, 보내지 마, 받지 않, 빼주세요, 삭제 요청, "
    "không muốn, đừng gửi, xóa khỏi, tidak mau, jangan kirim, hapus dari, नहीं चाहते, मत भेजें, न भेजें, हटा दें, "
    "ไม่ต้องการ, ไม่ต้องส่ง, ลบออก"
)
"""What people jot down of somebody who wants no more mail, and servers of an address that is gone."""

IN_TITLES = Speech(*_LEAVING.values())
OF_AN_END = Speech(_ENDING)
IN_CELLS = Speech(*_LEAVING.values(), _NOTES)
