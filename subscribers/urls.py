"""Public pages of subscribers, and the staff pages about people."""

from django.urls import URLPattern, URLResolver, path

from subscribers.pages import leave_by_address, public_pages, staff, uploads

urlpatterns: list[URLPattern | URLResolver] = [
    path("join/<slug:slug>/", public_pages.join, name="join"),
    path("join/<slug:slug>/done/", public_pages.join_done, name="join_done"),
    path("c/<str:token>/", public_pages.confirm, name="confirm"),
    path("c/<str:token>/<slug:slug>/", public_pages.confirm, name="confirm"),
    path("leave/", leave_by_address.by_address, name="leave"),
    path("u/test/", leave_by_address.of_test_mail, name="test_link"),
    path("u/<str:token>/", public_pages.unsubscribe, name="unsubscribe"),
    # Links of mails that were cut short, or that took along what stood behind them.
    path("c/", public_pages.no_link),
    path("c/<str:token>/<path:rest>", public_pages.no_link),
    path("u/", public_pages.no_link),
    path("u/<str:token>/<path:rest>", public_pages.no_link),
    path("lists/", staff.overview, name="lists"),
    path("lists/new/", staff.new, name="list_new"),
    path("lists/find/", staff.find, name="subscriber_find"),
    path("lists/lift/", staff.lift, name="subscriber_lift"),
    path("lists/people/<int:pk>/", staff.subscriber, name="subscriber"),
    path("lists/people/<int:pk>/consent.json", staff.evidence, name="subscriber_evidence"),
    path("lists/<int:pk>/", staff.show, name="list"),
    path("lists/<int:pk>/edit/", staff.edit, name="list_edit"),
    path("lists/<int:pk>/add/", staff.add, name="list_add"),
    path("lists/<int:pk>/export/", staff.export, name="list_export"),
    path("lists/<int:pk>/import/", uploads.upload, name="list_import"),
    path("lists/<int:pk>/import/<int:run>/", uploads.run, name="import_run"),
    path("lists/<int:pk>/import/<int:run>/rejected.csv", uploads.rejected, name="import_rejected"),
]
