"""SCTP in the process: usrsctp, with packets carried by code of ours."""
