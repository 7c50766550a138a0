"""Words of many languages in cells: has left, stays, yes, no."""

from subscribers.imports.vocabulary.speech import phrases

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
