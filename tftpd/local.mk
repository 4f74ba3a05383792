# sources of tftpd/
