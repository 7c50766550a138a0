"""How people and programs of many languages say that somebody left, and what their ordinary columns are called.

Facts only. A phrase is looked for where a word begins; in scripts that join words or write none apart, anywhere.
"""

import re
import unicodedata
from functools import cached_property

ARABIC_TWINS = str.maketrans("يكى۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "یکی01234567890123456789")
"""Letters and digits that Arabic and Persian write in two ways."""
_SPACED = re.compile("[a-z0-9à-öø-\u024f\u0370-\u03ff\u0400-\u04ff\u1e00-\u1eff]")
"""Letters of scripts whose words stand apart: Latin, Greek, Cyrillic."""
_SHORT = 4
"""Letters of a phrase that is looked for as a whole word: `bad` is not in `badge`."""


def phrases(text: str) -> list[str]:
    """Phrases parted by commas, spelt as folded titles are; longest first, so that a pattern finds the whole."""
    spelt = unicodedata.normalize("NFKC", text).translate(ARABIC_TWINS).casefold().replace("\u200c", " ")
    found = {" ".join(phrase.split()) for phrase in spelt.split(",")} - {""}
    return sorted(found, key=lambda phrase: (-len(phrase), phrase))


class Speech:
    """Phrases to be found in folded text; the short ones as whole words, the others where a word begins."""

    def __init__(self, *texts: str, whole: bool = False) -> None:
        self._texts, self._whole = texts, whole

    def within(self, text: str) -> bool:
        """Whether one of them stands there. Fast where none does: it is asked of a million names."""
        # Few words begin like one of the phrases, and few texts hold a letter beyond Cyrillic.
        if not self._heads.isdisjoint([word[:3] for word in text.split()]) and self._apart.search(text):
            return True
        return not text.isascii() and max(text) > "\u0530" and bool(self._joined.search(text))

    # Patterns of thousands of words: made when a list is read, not whenever a command starts.
    @cached_property
    def _apart(self) -> re.Pattern[str]:
        found = (_escaped(phrase, whole=self._whole) for phrase in self._spaced)
        return re.compile(r"(?<!\w)(?:" + "|".join(found) + ")")

    @cached_property
    def _joined(self) -> re.Pattern[str]:
        found = [_escaped(phrase) for phrase in phrases(",".join(self._texts)) if not _SPACED.match(phrase)]
        return re.compile("|".join(found) or "(?!)")

    @cached_property
    def _heads(self) -> frozenset[str]:
        heads = {phrase.split()[0] for phrase in self._spaced} | {phrase.replace(" ", "") for phrase in self._spaced}
        return frozenset(head[:3] for head in heads)

    @cached_property
    def _spaced(self) -> list[str]:
        return [phrase for phrase in phrases(",".join(self._texts)) if _SPACED.match(phrase)]


def _escaped(phrase: str, *, whole: bool = False) -> str:
    pattern = re.escape(phrase).replace(r"\ ", " ?")
    return pattern + r"(?!\w)" if _SPACED.match(phrase) and (whole or len(phrase) <= _SHORT) else pattern


# Leaving -------------------------------------------------------------------------------------------------------------

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

# Ordinary columns ----------------------------------------------------------------------------------------------------

_PROPER = (
    "company, companies, organisation, organization, org name, employer, business, firm, firma, firmen, "
    "unternehmen, entreprise, société, societe, empresa, azienda, società, bedrijf, firmy, företag, virksomhed, "
    "bedrift, yritys, společnost, spoločnosť, cég, companie, şirket, kurum, tvrtka, podjetje, εταιρεία, εταιρία, "
    "компания, организация, компанія, організація, фирма, شرکت, سازمان, موسسه, الشركة, شركة, חברה, ארגון, 公司, "
    "单位, 單位, 会社, 勤務先, 所属, 組織, 회사, 직장, 소속, công ty, tổ chức, perusahaan, instansi, organisasi, "
    "कंपनी, संगठन, บริษัท, city, town, village, ort, stadt, wohnort, ville, commune, ciudad, población, localidad, "
    "città, comune, cidade, município, stad, plaats, woonplaats, miasto, miejscowość, kommun, kaupunki, "
    "paikkakunta, město, obec, mesto, város, település, oraș, localitate, şehir, ilçe, grad, πόλη, город, місто, "
    "град, شهر, استان, المدينة, مدينة, עיר, יישוב, 城市, 市区町村, 都市, 도시, 시군구, thành phố, tỉnh, kota, "
    "kabupaten, provinsi, शहर, राज्य, जिला, เมือง, จังหวัด, country, land, pays, país, paese, kraj, maa, země, "
    "krajina, ország, țară, ülke, država, χώρα, страна, країна, державa, کشور, الدولة, دولة, بلد, מדינה, ארץ, 国家, "
    "國家, 国, 国籍, 都道府県, 国名, 국가, 나라, quốc gia, negara, देश, ประเทศ, street, strasse, str, rue, calle, "
    "domicilio, dirección, via, indirizzo, rua, endereço, straat, ulica, adres, gata, gade, gate, katu, osoite, "
    "utca, cím, lakcím, adresa, stradă, strada, sokak, mahalle, διεύθυνση, улица, адрес, вулиця, адреса, خیابان, "
    "نشانی, آدرس, العنوان, عنوان, רחוב, כתובת, 地址, 住所, 番地, 住址, 주소, địa chỉ, alamat, पता, ที่อยู่, "
    "address, adresse, anschrift, region, région, región, regione, bundesland, kanton, canton, departement, "
    "département, provincia, province, county, district, bezirk, область, район, bölge, منطقه, المنطقة, אזור, 地区, "
    "地區, 省份, 省, 市, 区, 地域, 지역, khu vực, wilayah, job, position, occupation, profession, role, rolle, "
    "beruf, funktion, métier, fonction, poste, cargo, puesto, ocupación, professione, ruolo, mansione, profissão, "
    "functie, beroep, stanowisko, zawód, yrke, stilling, erhverv, tehtävä, ammatti, nimike, povolání, pozice, "
    "foglalkozás, beosztás, funcție, profesie, meslek, görev, unvan, zanimanje, επάγγελμα, должность, профессия, "
    "посада, професія, длъжност, شغل, سمت, حرفه, الوظيفة, وظيفة, المهنة, תפקיד, מקצוע, 职位, 職位, 职业, 職業, "
    "役職, 肩書, 職種, 직업, 직책, 직위, 직급, nghề, chức vụ, pekerjaan, jabatan, पेशा, पद, व्यवसाय, อาชีพ, "
    "ตำแหน่ง, department, abteilung, service, departamento, reparto, afdeling, dział, avdelning, avdeling, osasto, "
    "oddělení, osztály, bölüm, отдел, відділ, بخش, واحد, القسم, מחלקה, 部门, 部門, 部署, 부서, phòng ban, "
    "departemen, विभाग, แผนก, team, division, office, branch, industry, branche, sector, school, schule, école, "
    "escuela, scuola, universit, uczelnia, skola, koulu, škola, iskola, okul, школа, مدرسه, دانشگاه, جامعة, 学校, "
    "大学, 학교, trường, sekolah, product, middle name, nickname, maiden, name, vorname, nachname, spitzname, nom, "
    "nombre, nome, naam, imię, namn, navn, nimi, jméno, meno, név, prenume, nume, isim, ime, όνομα, επώνυμο, имя, "
    "отчество, ім я, прізвище, име, نام, الاسم, اسم, שם, 姓, 名, 氏, フリガナ, ふりがな, カナ, 이름, 성명, họ, tên, "
    "nama, नाम, उपनाम, ชื่อ, นามสกุล"
)
"""Titles over proper names, places and trades: a town or a firm may be called anything."""

_ORDINARY_WORDS = """
    age, id, ids, uid, uuid, guid, ip, nr, num, key, ref, code, row, index, url, web, www, site, blog, lat, lng, geo,
    zip, plz, cp, cap, tel, cell, gsm, sex, m f, dob, born, tag, tags, label, labels, title, prefix, suffix, note,
    notes, size, seat, table, list, lists, plan, tier, price, paid, total, sum, rank, score, level, points, stars,
    vip, vips, press, staff, guest, guests, speaker, rsvp, diet, vegan, bio, photo, avatar, image, owner, rep, agent,
    lead, client, donor, donors, gift, gifts, cat, dog, car, kids, pet, pets, tax, vat, iban, bic, gclid, utm, sku,
    qty, amount, value, ltv, aov, sms, fax, birth, bday, year, class, grade, topic, topics, interest, interests,
    theme, segment, segments, group, groups, category, categories, source, origin, medium, channel, referrer,
    referral, via, since, seit, depuis, desde, dal, sinds, od, start, started, begin, beginn, first, created, added,
    imported, updated, modified, changed, edited, synced, joined, rating, opens, clicks, sent, sends, sessions,
    visits, orders, order, count, number, lang, month, monat, mois, mes, mese, miesiąc, månad, måned, měsíc, langue,
    taal, dil, locale, timezone, tz, currency, hash, leid, euid, uri, slug, name, alias, geschlecht, anrede, titel,
    alter, quelle, herkunft, notiz, notizen, sprache, genre, sexe, âge, civilité, sexo, edad, origen, notas, nota,
    etiquetas, etiqueta, idioma, sesso, età, eta, fonte, lingua, idade, origem, geslacht, leeftijd, bron, opmerking,
    opmerkingen, aanhef, płeć, wiek, źródło, uwagi, notatki, tagi, kön, kjønn, køn, ålder, alder, källa, kilde,
    anteckning, sukupuoli, ikä, lähde, pohlaví, věk, zdroj, poznámka, pohlavie, vek, neme, kor, forrás, megjegyzés,
    címke, vârstă, sursa, observații, cinsiyet, yaş, kaynak, etiket, spol, izvor, napomena, φύλο, ηλικία, πηγή, пол,
    возраст, источник, заметки, метка, метки, теги, тег, стать, вік, джерело, нотатки, мітки, възраст, източник,
    бележки, usia, umur, sumber, catatan, tuổi, nguồn, ghi chú
"""
_ORDINARY = """
    phone, telefon, téléphone, telephone, teléfono, telefono, telefone, telefoon, mobile, mobil, móvil, movil, handy,
    portable, cellulare, celular, komórk, puhelin, matkapuhelin, telefón, cep tel, τηλέφωνο, κινητό, телефон, мобильн,
    мобільн, تلفن, موبایل, همراه, شماره, الهاتف, هاتف, جوال, رقم, טלפון, נייד, 电话, 電話, 手机, 手機, 携帯, 전화,
    휴대폰, 연락처, điện thoại, telepon, ponsel, फ़ोन, फोन, मोबाइल, โทรศัพท์, มือถือ, whatsapp, viber, telegram,
    birth, birthday, geburt, naissance, anniversaire, anniversary, cumpleaños, nacimiento, nascita, compleanno,
    nascimento, aniversári, geboorte, verjaardag, urodz, födelse, fødsel, syntym, narozen, naroden, születés, nașter,
    doğum, rođen, rojst, γέννησ, γενέθλια, рожден, народж, тولد, تولد, الميلاد, ميلاد, לידה, 生日, 出生, 生年月日,
    誕生, 생년월일, 생일, ngày sinh, sinh nhật, lahir, ulang tahun, जन्म, วันเกิด, jahrgang, gender, pronoun,
    salutation, honorific, nationality, citizenship, household, marital, married, civil, تأهل, تاهل, семейное, сімейн,
    婚姻, 婚, 결혼, familienstand, situation familiale, estado civil, stato civile, relationship, spouse, partner,
    children, child, kinder, enfants, hijos, figli, allerg, dietar, vegetar, t shirt, shirt, colour, color, shoe,
    religion, passport, smoker, hobby, hobbies, interess, intérêt, intereses, interesse, thema, thème, temas, temi,
    علاقه, موضوع, اهتمام, 兴趣, 興味, 관심, جنسیت, الجنس, מין, גיל, سن, العمر, 性别, 性別, 年龄, 年齡, 年齢, 성별,
    나이, 연령, giới tính, jenis kelamin, लिंग, आयु, उम्र, เพศ, อายุ, note, notiz, bemerk, anmerk, kommentar, comment,
    remark, remarque, commentaire, observac, observaç, commenti, osservaz, annotaz, komentarz, kommentti,
    muistiinpano, açıklama, yorum, σημειώσ, σχόλι, замет, примеч, коммент, приміт, комент, یادداشت, توضیح, ملاحظات,
    ملاحظة, תעליק, הערות, הערה, 备注, 備註, 備考, メモ, コメント, 메모, 비고, ghi chú, catatan, टिप्पणी, नोट,
    หมายเหตุ, description, beschreibung, message, question, answer, tag, tags, schlagw, étiquette, برچسب, وسم, علامات,
    תגית, 标签, 標籤, タグ, ラベル, 태그, nhãn, thẻ, टैग, แท็ก, gruppe, groupe, grupo, gruppo, groep, grupa, ryhmä,
    skupin, csoport, grup, группа, група, گروه, المجموعة, קבוצה, 分组, 群组, グループ, 그룹, nhóm, समूह, กลุ่ม,
    kategori, catégorie, categor, категор, دسته, الفئة, 类别, 分类, カテゴリ, 분류, klasse, classe, source, quelle,
    herkunft, lead source, origin, fuente, provenienza, منبع, المصدر, מקור, 来源, 來源, 経路, 流入, 출처, 경로, nguồn,
    स्रोत, แหล่ง, referr, utm, campaign source, sign up, signup, signed up, sign in, login, logged in, register,
    registr, enrol, inscription date, anmeldedatum, angemeldet am, anmeldung, eintritt, beitritt, eingetragen,
    aufnahme, date d inscription, date inscription, inscripción, alta, fecha de alta, iscrizione, data iscrizione,
    inscrição, cadastro, inschrijf, aanmeld, zapisu, data zapisu, rejestrac, dołącz, registrering, tilmeld, innmeld,
    oprett, opprett, skapad, liittym, rekister, přihláš, registrac, vytvořen, prihlás, feliratkoz, regisztr,
    csatlakoz, abonare, înscri, kayıt, katılım, üyelik tarihi, prijav, učlan, εγγραφή, εγγραφής, регистрац, вступл,
    подписки, дата подписки, реєстрац, підписки, вступу, добавлен, дата добавления, создан, створен, عضویت از,
    تاریخ عضویت, تاریخ ثبت, ثبت نام, تاریخ ایجاد, تاریخ اشتراک, التسجيل, تاريخ التسجيل, تاريخ الاشتراك, الانضمام,
    תאריך הרשמה, הרשמה, הצטרפות, 注册, 註冊, 订阅时间, 订阅日期, 訂閱時間, 加入, 创建, 創建, 登録日, 登録, 入会,
    作成日, 가입, 등록, 생성일, 구독일, đăng ký, tham gia, ngày tạo, daftar, bergabung, dibuat, पंजीकरण, सदस्यता तिथि,
    शामिल, สมัคร, ลงทะเบียน, subscribe date, subscribed, subscription start, join, member since, customer since,
    last open, last click, last login, last visit, last seen, last activ, last order, last purchase, last contact,
    last donat, last gift, last paid, last pay, last email, last sent, last update, last change, last modif,
    last engag, last name, last session, last event, last respon, last viewed, last interact, letzte, letzter,
    dernier, dernière, última, último, ultima, ultimo, laatste, ostatni, sista, seneste, siste, viimeisin, poslední,
    utolsó, son giriş, последн, останн, آخرین, آخر, 最后, 最後, 最終, 최근, 마지막, lần cuối, terakhir, अंतिम बार,
    opened, clicked, seen, viewed, purchas, bought, order, bestell, kaufdat, kauf, commande, achat, pedido, compra,
    ordine, acquisto, zamówien, bestelling, köp, køb, kjøp, tilaus nro, objednáv, rendelés, comandă, sipariş, narudžb,
    παραγγελ, заказ, покуп, замовл, سفارش, خرید, الطلب, طلب, הזמנה, 订单, 訂單, 购买, 購買, 注文, 購入, 주문, 구매,
    đơn hàng, mua, pesanan, pembelian, ऑर्डर, खरीद, สั่งซื้อ, คำสั่งซื้อ, payment, paid, invoice, rechnung, zahlung,
    facture, paiement, factura, pago, fattura, pagamento, factuur, betaling, faktura, płatność, платёж, платеж, оплат,
    پرداخت, الدفع, תשלום, 付款, 支付, 支払, 결제, thanh toán, pembayaran, भुगतान, donat, spende, spent, revenue,
    umsatz, shipping, shipment, fulfil, delivery address, price, stripe, currency, plan, attend, event, veranstaltung,
    ticket, workshop, webinar, conference, course, kurs, volunteer, ehrenamt, bénévole, voluntari, employee,
    mitarbeiter, employment, customer, kunde, kunden, client, cliente, klant, klient, asiakas, zákazn, ügyfél,
    müşteri, клиент, клієнт, مشتری, عميل, العميل, לקוח, 客户, 客戶, 顧客, 고객, khách hàng, pelanggan, ग्राहक, ลูกค้า,
    lead status, deal, ticket status, visa, student, account owner, wholesale, loyalty, newsletter id, website,
    linkedin, twitter, facebook, instagram, github, postal, postcode, post code, postleitzahl, code postal,
    codice postale, código postal, kod pocztowy, postnummer, postinumero, psč, irányítószám, posta kodu, индекс,
    індекс, کد پستی, کدپستی, الرمز, מיקוד, 邮编, 郵遞, 郵便, 우편, mã bưu, kode pos, पिन, ไปรษณีย์, number of,
    count of, nummer, numéro, número, numero, numer, номер, 编号, 編號, 番号, 번호, mã số, nomor, संख्या, หมายเลข,
    序号, 连番, ردیف, کد, شناسه, member id, member number, mitgliedsnummer, member rating, custom, avg, average,
    email client, device, browser, open rate, click rate, bonus, discount, coupon, shop, language, sprach, idiom,
    språk, kieli, jazyk, nyelv, limba, jezik, γλώσσα, язык, мова, език, زبان, اللغة, שפה, 语言, 語言, 言語, 언어,
    ngôn ngữ, bahasa, भाषा, ภาษา, first payment, first order, first seen, next, birthday club, photo, consent source,
    waiver, badge, connected, invited, invite, refer, met on, met at, meeting, interview, hire, hired, prospect,
    supporter, voter, check in, checked in, arriv, submit, priority, private, sensitivity, initial, keyword, mileage,
    billing, account id, account name, account number, account manager, admin, moderator, wedding, hochzeit, graduat,
    admission, has app, speaks, trial start, renewal, ward, precinct, created, creation, création, créé, créée,
    creación, creado, creada, creazione, creato, criação, criado, erstellt, geändert, aktualisiert, modifi,
    aangemaakt, gewijzigd, utworz, zmian, zmodyfik, ændret, endret, ändrad, uppdater, oppdater, opdater, luotu,
    muokattu, upraven, zmenen, aktualiz, módos, létrehoz, creat, oluştur, güncelle, stvoren, δημιουργ, ενημερ, измен,
    обновл, змінен, оновл, променен, timestamp, zeitstempel, horodat, marca temporal, alumn, trustee, betald, betalt,
    kund, educat, ausbildung, éducation, estudios, studi, образован, освіт, تحصیل, رشته, تعليم, השכלה, 学历, 學歷,
    专业, 專業, 学歴, 専攻, 학력, 전공, 취미, 爱好, 愛好, 趣味, học vấn, pendidikan, शिक्षा, การศึกษา, 血液型, 혈액형,
    星座, 民族, 종교, 宗教, 收入, 月収, 年収, 소득, به روز, بروز رسانی, ویرایش, ایجاد, إنشاء, تحديث, تعديل, נוצר,
    עודכן, 更新, 修改, 建立, 수정, 변경, cập nhật, diperbarui, diubah, बनाया, अपडेट, แก้ไข, สร้าง, prefecture,
    hausnummer, verein, konfession, sternzeichen, ansprechpartner, postfach, stadtteil, adhérent depuis, lid sinds,
    дети, діти, فرزند, medlem siden, medlem sedan, mitglied seit, miembro desde, socio desde, membro dal, członek od,
    عضو از, name day, hochzeitstag, namenstag, отчество, по батькові, national, język, województwo, powiat, fylke,
    län, honorary, board, committee, choir, club, parent, sibling, emergency, household size, mentor
"""
"""Titles of what lists of people hold besides: only a cell that itself speaks of leaving is asked about below them."""

_WHOLE = Speech(_ORDINARY_WORDS, whole=True)
_BEGUN = Speech(_ORDINARY, _PROPER)
PROPER = Speech(_PROPER)


def is_ordinary(title: str) -> bool:
    """Whether a folded title is one that many lists have, and none for who may be mailed."""
    return _WHOLE.within(title) or _BEGUN.within(title)


# Standings -----------------------------------------------------------------------------------------------------------

_STATUS = (
    "status, statut, estado, stato, stav, állapot, státusz, stare, durum, κατάσταση, статус, състояние, "
    "стан підписки, وضعیت, وضع, الحالة, حالة, סטטוס, מצב, 状态, 狀態, 状態, ステータス, 상태, trạng thái, "
    "tình trạng, keadaan, स्थिति, दर्जा, สถานะ, სტატუს, կարգավիճակ"
)
STATUS = Speech(_STATUS)
"""Titles of standings, of whatever."""
STATUSES = frozenset(phrases(_STATUS)) - {"estado", "stato", "stav", "stare", "stan"}
OF_TRADE = Speech(
    "order, ticket, deal, lead, payment, invoice, shipping, shipment, fulfil, booking, rsvp, event, application, "
    "employment, job, project, task, bestell, commande, pedido, ordine, zamówien, заказ, замовлен, سفارش, الطلب, "
    "הזמנה, 订单, 訂單, 注文, 주문, đơn hàng, pesanan, sipariş"
)
"""With one of these a status is that of a thing: it may be closed or cancelled, and its buyer a reader."""
_OF_MAIL = (
    "subscription, newsletter, mailing, abonnement, bezug, suscripci, abbonament, iscrizion, inscriç, assinatura, "
    "abonament, subskrypc, prenumeration, tilauksen, odběr, předplat, odber, feliratkoz, előfizet, abonelik, "
    "pretplat, συνδρομ, εγγραφ, подписк, рассылк, підписк, розсилк, абонамент, اشتراک, خبرنامه, الاشتراك, מנוי, "
    "דיוור, 订阅, 訂閱, 邮件, 購読, 配信, 구독, 수신, 메일, đăng ký, langganan, सदस्यता, การสมัคร"
)
_OF_CONSENT = (
    "consent, permission, einwillig, einverständ, zustimm, consentement, consentimiento, consenso, toestemming, "
    "zgoda, zgody, samtykke, samtycke, suostumus, souhlas, súhlas, hozzájárul, consimț, onay, izin, pristan, "
    "privola, συγκατάθ, соглас, згода, згоди, съглас, رضایت, موافق, הסכמ, 同意, 동의, đồng ý, persetujuan, setuju, "
    "सहमति, ยินยอม"
)
_OF_MEMBERS = (
    "subscriber, member, abonnent, abonné, mitglied, członk, medlem, jäsen, člen, tagság, üyelik, μέλους, членств, "
    "участник, عضویت, العضوية, חברות, 会员, 會員, 会員, 登録, 회원, thành viên, keanggotaan, सदस्य, สมาชิก"
)
OF_MAIL = Speech(_OF_MAIL, _OF_CONSENT)
"""Titles of wanting mail, or of having agreed to it."""
OF_PEOPLE = Speech(_OF_MAIL, _OF_MEMBERS)
"""With one of these a status is that of a reader."""

LEFT = phrases("""
    do not allow, denied, unsubscribed by reader, fehlgeschlagen, terminated, ended, closed, deceased, resigned,
    lapsed, former, quit, not allowed, disallow, disallowed, declined, churned, ausgetreten, verstorben, ehemalig,
    storniert, résilié, résiliée, annulé, parti, opgezegd, gestopt, zrezygnował, zrezygnowała, rezygnacja,
    avprenumererad, avslutad, avanmäld, afmeldt, frameldt, opsagt, avmeldt, oppsagt, peruttu, perunut, poistunut,
    eronnut, odhlášen, odhlášena, odhlášený, odhlásený, odhlášeno, zrušeno, leiratkozott, lemondta, törölt, törölve,
    inaktív, dezabonat, dezabonată, anulat, inactiv, abonelikten çıktı, abonelikten ayrıldı, ayrıldı, iptal,
    iptal edildi, pasif, çıktı, odjavljen, odjavljena, otkazan, διαγράφηκε, διαγραμμένος, απεγγράφηκε, ανενεργός,
    ανενεργή, отписался, отписалась, вышел, выбыл, неактивный, отказался, удалённый, відписався, відписалась,
    відписалася, відписаний, відписано, неактивний, видалено, отказан, отписан, неактивен, انصراف, انصراف داده,
    انصراف داده شده, خارج شده, خارج شد, ترک کرده, لغو عضویت شده, لغو شد, غیر عضو, ألغى الاشتراک, ألغى الاشتراك,
    الغى الاشتراك, إلغاء الاشتراك, ملغي, غير مشترك, محظور, محذوف, انسحب, הוסר, הוסרה, לא פעיל, ביטל, בוטל, חסום, עזב,
    已退订, 退订, 已退訂, 退訂, 已取消, 取消订阅, 已取消订阅, 已停用, 黑名单, 已退出, 拒收, 已注销, 无效, 配信停止,
    停止, 停止中, 解除, 解除済み, 退会, 退会済み, 解約, 無効, 拒否, 配信拒否, 購読解除, 수신거부, 거부, 해지,
    구독취소, 구독 취소, 탈퇴, 취소, 차단, 비활성, 중지, đã hủy, đã huỷ, đã hủy đăng ký, hủy đăng ký, huỷ đăng ký,
    ngừng, không hoạt động, đã rời, berhenti, berhenti berlangganan, batal, nonaktif, tidak aktif, keluar, रद्द,
    निष्क्रिय, सदस्यता समाप्त, समाप्त, अनसब्सक्राइब, ยกเลิก, ยกเลิกแล้ว, ไม่ใช้งาน
""")
STAYS = phrases("""
    allow, send, granted, prenumerant, tilmeldt, abonnent, påmeldt, påmelding, tilaaja, aktiivinen, voimassa, tilattu,
    přihlášen, přihlášena, aktivní, odběratel, prihlásený, aktívny, feliratkozott, feliratkozva, aktív, abonat, activ,
    abonată, abone, kayıtlı, pretplatnik, prijavljen, aktivan, εγγεγραμμένος, ενεργός, ενεργή, συνδρομητής, подписчик,
    подписана, активна, действует, підписаний, підписана, підписник, активний, підписано, активен, абониран,
    مشترک فعال, عضو فعال, مشترك, فعال, نشط, مفعل, פעיל, פעילה, מנוי, רשום, 已订阅, 已訂閱, 订阅, 訂閱, 订阅中, 正常,
    有效, 活跃, 启用, 配信中, 配信, 購読中, 有効, 登録済み, 登録済, 登録中, アクティブ, 会員, 구독중, 구독 중, 구독,
    활성, 정상, 수신동의, 수신, 동의, đang hoạt động, hoạt động, đã đăng ký, đang đăng ký, đang theo dõi,
    berlangganan, aktif, terdaftar, langganan, सक्रिय, सदस्य, सब्सक्राइब, ใช้งาน, สมัครแล้ว, สมาชิก, inscrits,
    wysyłaj, suscriptor, iscritta, abonnee, abonat activ
""")
YES = phrases("""
    так, هست, دارد, ano, áno, evet, kyllä, igen, ναι, כן, はい, 是, 有, 예, 네, có, ya, हाँ, हां, जी हाँ, ใช่, jah,
    jā, taip, já, 对, 〇, ○, ◯,
    истина, істина, صحيح, درست, prawda, igaz, waar, sant, sann, sand, pravda, tosi, doğru, verdadeiro, adevărat,
    istina, točno, αληθεσ, αληθής, אמת, 真, benar, đúng, tõene, patiess, teisinga
""")
NO = phrases("""
    ні, nei, نیست, ندارد, ei, όχι, לא, いいえ, 否, 无, 無, 아니오, 아니요, không, tidak, नहीं, ไม่, ไม่ใช่, nu, nej,
    nē, không có, 不, 没有,
    ложь, хибність, خطأ, نادرست, fałsz, hamis, onwaar, falskt, usann, falsk, nepravda, epätosi, yanlış, yanliş, fals,
    neistina, netočno, ψευδεσ, ψευδής, שקר, 假, salah, sai, väär, aplams, klaidinga
""")
UNSURE = phrases("""
    in, out, yep, nope, xx, +1, -1, -0
""")
"""Words that are a yes to one writer and a no to another, as is any sign but those of `YES` and `NO`."""
