# trust/: names, files to phones, configurations, phones.
