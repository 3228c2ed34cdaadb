from app.interrupt import watch_out

watch_out()  # here, because this comes before all that takes long to import
